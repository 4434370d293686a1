import { spawn } from 'node:child_process';

/**
 * Reads process ids from stdin, one per line. An empty line means that no process is running. stdin ends when
 * the parent process exits for any reason. The script then kills the process with the last id and removes the
 * folder. It ignores SIGINT and other signals, because Ctrl-C also reaches it.
 */
const WATCH = `
trap '' INT TERM HUP QUIT
pid=
while read -r line; do pid=$line; done
if [ -n "$pid" ]; then
  kill -CONT "$pid"
  kill "-$1" "$pid"
  sleep 1
  kill -KILL "$pid"
fi
[ -z "$2" ] || rm -rf "$2" || { sleep 1; rm -rf "$2"; }
`;

/**
 * Starts a process that cleans up after this one exits. Exit handlers are not enough: a test that is killed
 * does not run them, and `process.on('exit')` does not work in jest.
 */
export function startGuard({ signal, folder }) {
  const guard = spawn('sh', ['-c', WATCH, 'sh', signal.replace('SIG', ''), folder ?? ''], {
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  // The guard and its pipe must not keep this process alive.
  guard.unref();
  guard.stdin.unref();
  // A write fails if the guard has exited. There is nothing to do then.
  guard.stdin.on('error', () => {});
  return {
    watch: (pid) => guard.stdin.write(`${pid}\n`),
    watchNone: () => guard.stdin.write('\n'),
    dismiss: () => guard.kill('SIGKILL'),
  };
}
