import { spawn } from 'node:child_process';

/**
 * Reads process ids, one a line, an empty line for none. When nothing more can come, since whoever wrote them is gone,
 * however it went, it ends the last one named and removes the folder. Deaf to Ctrl-C, which reaches it too.
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
 * A process beside this one that outlives it just long enough to clean up after it: a test that is killed runs no
 * exit handler, and jest gives its tests no real `process.on('exit')`.
 */
export function startGuard({ signal, folder }) {
  const guard = spawn('sh', ['-c', WATCH, 'sh', signal.replace('SIG', ''), folder ?? ''], {
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  // Neither the guard nor its pipe is a reason to stay.
  guard.unref();
  guard.stdin.unref();
  // A guard that is gone takes no more names, and there is nobody left to tell.
  guard.stdin.on('error', () => {});
  return {
    watch: (pid) => guard.stdin.write(`${pid}\n`),
    watchNone: () => guard.stdin.write('\n'),
    dismiss: () => guard.kill('SIGKILL'),
  };
}
