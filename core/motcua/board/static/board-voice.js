/* A board's voice: a chime, then the call from clips ("moi-so", "a", "0", "0", "7", "den-quay", "3").

   `clips` maps the names of the clips there are to file names below `base`. A call for which a clip is missing
   is only chimed. A browser keeps the sound off until somebody has touched the page, or always lets a kiosk
   play it: `on` says which, `wake()` is for the touch. */

const SOUND_LIMIT = 20000; // ms: a clip that does not end must not hold up the hall
const GAP = 0.04; // s between two clips

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

const spell = (text) => text.toLowerCase().split('').filter((sign) => /[a-z0-9]/.test(sign));

/* The clips of a sentence; [] when one of them does not exist. */
export const sentence = (call, clips) => {
  const known = (name) => Object.prototype.hasOwnProperty.call(clips, name);
  const whole = String(call.counter).replace(/^0+(?=\d)/, '');
  const counter = known(whole) ? [whole] : spell(String(call.counter));
  const names = ['moi-so'].concat(spell(call.number), 'den-quay', counter);
  return names.every(known) ? names : [];
};

export class Voice {
  constructor(base, clips) {
    this.base = base;
    this.clips = clips;
    this.loaded = new Map();
    const Context = window.AudioContext || window.webkitAudioContext;
    this.sound = Context ? new Context() : null;
  }

  get on() {
    return Boolean(this.sound) && this.sound.state === 'running';
  }

  wake() {
    return this.sound ? this.sound.resume() : Promise.resolve();
  }

  /* Chime, then the sentence so many times; resolves when it has been heard, or cannot be. */
  async announce(call, times) {
    if (!this.on) return;
    const spoken = this.speak(call, times).catch((problem) => console.warn(String(problem)));
    await Promise.race([spoken, sleep(SOUND_LIMIT)]);
  }

  async speak(call, times) {
    // Fetched while the chime rings.
    const fetched = Promise.all(sentence(call, this.clips).map((name) => this.load(name)));
    fetched.catch(() => 0);
    await this.chime();
    const clips = await fetched;
    for (let round = 0; clips.length && round < times; round += 1) {
      if (round) await sleep(500);
      await this.play(clips);
    }
  }

  /* Two soft bells, a fourth apart. */
  chime() {
    const bells = [[659.3, 0], [493.9, 0.45]].map(([pitch, delay]) => {
      const start = this.sound.currentTime + delay;
      const tone = this.sound.createOscillator();
      const loud = this.sound.createGain();
      tone.frequency.value = pitch;
      loud.gain.setValueAtTime(0.0001, start);
      loud.gain.exponentialRampToValueAtTime(0.4, start + 0.02);
      loud.gain.exponentialRampToValueAtTime(0.0001, start + 0.85);
      tone.connect(loud);
      loud.connect(this.sound.destination);
      tone.start(start);
      tone.stop(start + 0.9);
      return tone;
    });
    return new Promise((done) => {
      bells[1].onended = done;
    });
  }

  async load(name) {
    if (!this.loaded.has(name)) {
      const answer = await fetch(this.base + this.clips[name]);
      if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
      const bytes = await answer.arrayBuffer();
      // The old form with callbacks: televisions know no other.
      this.loaded.set(name, await new Promise((yes, no) => this.sound.decodeAudioData(bytes, yes, no)));
    }
    return this.loaded.get(name);
  }

  /* Plays clips as one sentence: each begins when the one before it has ended. */
  play(clips) {
    let at = this.sound.currentTime + 0.05;
    const sources = clips.map((clip) => {
      const source = this.sound.createBufferSource();
      source.buffer = clip;
      source.connect(this.sound.destination);
      source.start(at);
      at += clip.duration + GAP;
      return source;
    });
    return new Promise((done) => {
      sources[sources.length - 1].onended = done;
    });
  }
}
