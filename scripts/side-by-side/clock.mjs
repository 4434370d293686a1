/** A clock that stands still while a scenario plays, so that both sides see the same instants. */
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
  /** From here on each look at the clock finds it one millisecond later. */
  tick() {
    ticks = 1;
  },
  advance(ms) {
    now += ms;
  },
  go() {
    Date.now = realNow;
  },
  /** An instant as its distance from the start. */
  name(instant) {
    const distance = (instant - START) / 1000;
    return `<start${distance < 0 ? '-' : '+'}${Math.abs(distance)}s>`;
  },
};
