import { parseArgs } from 'node:util';

/**
 * Reads the arguments of a script: `values` of the options that `parseArgs` of Node describes, and `positionals`. With
 * `hasCommand`, everything from the first positional on is `command`, with the options of that command.
 *
 * `--help` prints the usage and ends the process. Invalid arguments end it with code 2, after an error message and the
 * usage; so does `refuse(message)`, for what the script checks itself.
 */
export function readArguments({ usage, options = {}, allowPositionals = false, hasCommand = false }) {
  const args = process.argv.slice(2);
  const config = { options: { ...options, help: { type: 'boolean', short: 'h' } }, allowPositionals };
  const refuse = (message) => exit(2, console.error, `${message}\n\nUsage: ${usage}`);
  try {
    const end = hasCommand ? startOfCommand(args, config) : args.length;
    const { values, positionals } = parseArgs({ ...config, args: args.slice(0, end) });
    if (values.help) exit(0, console.log, `Usage: ${usage}`);
    return { values, positionals, command: args.slice(end), refuse };
  } catch (error) {
    return refuse(error.message);
  }
}

function startOfCommand(args, config) {
  const lenient = { ...config, args, strict: false, allowPositionals: true, tokens: true };
  const first = parseArgs(lenient).tokens.find(({ kind }) => kind === 'positional');
  return first?.index ?? args.length;
}

function exit(code, print, words) {
  print(words);
  process.exit(code);
}
