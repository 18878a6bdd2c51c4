// Reads {module, keys, now, texts, here} from standard input; answers for each text what the browser's module says.
import { readFileSync } from "node:fs";

const { module, keys, now, texts, here } = JSON.parse(readFileSync(0, "utf8"));
const { verifyPaper, verifyPaperHere, Refused } = await import(module);
const verify = here ? verifyPaperHere : verifyPaper;
const answers = [];
for (const text of texts) {
  try {
    answers.push(await verify(text, keys, now));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    answers.push(error.message);
  }
}
process.stdout.write(JSON.stringify(answers));
