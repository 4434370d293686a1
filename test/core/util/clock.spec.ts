import { days, hours, minutes, seconds } from 'nest-session/http';

describe('durations', () => {
  it.each<[string, number, number]>([
    ['seconds(30)', seconds(30), 30_000],
    ['minutes(30)', minutes(30), 1_800_000],
    ['hours(12)', hours(12), 43_200_000],
    ['days(30)', days(30), 2_592_000_000],
    ['minutes(0.5)', minutes(0.5), 30_000],
    ['hours(1.5)', hours(1.5), 5_400_000],
    ['days(400)', days(400), 34_560_000_000],
    ['seconds(0)', seconds(0), 0],
    ['minutes(Infinity)', minutes(Infinity), Infinity],
  ])('%s in milliseconds', (_, made, expected) => {
    expect(made).toBe(expected);
  });
});
