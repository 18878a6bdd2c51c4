// Reads {module, keys, now, texts} from standard input; answers for each text what the browser's module says.
import { readFileSync } from "node:fs";

const { module, keys, now, texts } = JSON.parse(readFileSync(0, "utf8"));
const { verifyPaper, Refused } = await import(module);
const answers = [];
for (const text of texts) {
  try {
    answers.push(await verifyPaper(text, keys, now));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    answers.push(error.message);
  }
}
process.stdout.write(JSON.stringify(answers));
