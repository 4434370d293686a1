/** A clock that is stopped while a scenario runs, so that both packages get the same times. */
const START = Date.UTC(2031, 0, 1);
const realNow = Date.now;

let now = START;
let ticks = 0;

export const clock = {
  stop() {
    now = START;
    ticks = 0;
    Date.now = () => (now += ticks);
  },
  /** From now on, each call of `Date.now()` advances the clock by one millisecond. */
  tick() {
    ticks = 1;
  },
  advance(ms) {
    now += ms;
  },
  go() {
    Date.now = realNow;
  },
  /** A time as text: its distance from the start. */
  name(instant) {
    const distance = (instant - START) / 1000;
    return `<start${distance < 0 ? '-' : '+'}${Math.abs(distance)}s>`;
  },
};
