/** The style sheet: system fonts, and light or dark colours as the system of the visitor prefers. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --text: light-dark(#1c1b1f, #eceaf0);
  --muted: light-dark(#5d5a66, #a9a5b4);
  --page: light-dark(#f7f6f9, #141318);
  --card: light-dark(#ffffff, #1e1c24);
  --line: light-dark(#e3e0e9, #34313d);
  --field: light-dark(#8a8694, #77727f);
  --accent: light-dark(#b3261e, #ff8a80);
  --on-accent: light-dark(#ffffff, #3b0906);
  --done: light-dark(#1b6e3c, #7ddba0);
  --error: light-dark(#fdecea, #42201d);
  font: 100%/1.6 system-ui, sans-serif;
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 58rem; min-height: 100vh; padding: 0 1.25rem; display: flex; flex-direction: column; background: var(--page); color: var(--text); }
header { display: flex; flex-wrap: wrap; align-items: center; gap: .25rem 1.5rem; padding: 1rem 0; border-bottom: 1px solid var(--line); }
main { flex: 1; padding: 2rem 0 3rem; }
footer { padding: 1.25rem 0; border-top: 1px solid var(--line); color: var(--muted); font-size: .875rem; }

a { color: var(--accent); text-underline-offset: .2em; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px; border-radius: .25rem; }
h1 { margin: 0 0 .5rem; font-size: clamp(1.75rem, 5vw, 2.5rem); line-height: 1.2; letter-spacing: -.02em; text-wrap: balance; }
h2 { margin: 0 0 .75rem; font-size: 1.0625rem; }
p { margin: 0 0 1.25rem; max-width: 42rem; }
code { font: .9em ui-monospace, monospace; overflow-wrap: anywhere; }

.brand { display: flex; align-items: center; gap: .625rem; color: var(--text); font-weight: 650; text-decoration: none; }
nav { display: flex; gap: 1.25rem; }
nav a { padding: .375rem 0; color: var(--muted); text-decoration: none; border-block: 2px solid transparent; }
nav a:hover, nav a[aria-current] { color: var(--text); border-bottom-color: var(--accent); }
.name { margin-left: auto; }
@media (max-width: 35rem) {
  .brand { order: -2; }
  .name { order: -1; }
  header form { margin-left: auto; }
}

.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(19rem, 100%), 1fr)); gap: 1.25rem; align-items: start; margin: 1.5rem 0; }
.card { padding: 1.25rem 1.5rem 1.5rem; background: var(--card); border: 1px solid var(--line); border-radius: .875rem; }
table { width: 100%; border-collapse: collapse; }
th, td { padding: .5rem 0; text-align: left; font-weight: 400; border-top: 1px solid var(--line); }
thead th { color: var(--muted); font-size: .875rem; border: 0; }

label { display: block; margin: .875rem 0 .25rem; font-weight: 550; }
label:first-child { margin-top: 0; }
input { width: 100%; padding: .625rem .75rem; font: inherit; color: inherit; background: var(--page); border: 1px solid var(--field); border-radius: .5rem; }
input:focus-visible { outline-offset: -1px; border-radius: .5rem; }
input[aria-invalid] { border-color: var(--accent); }
.error { padding: .625rem .875rem; background: var(--error); border-left: 4px solid var(--accent); border-radius: .375rem; }
button { display: inline-block; padding: .625rem 1.25rem; font: inherit; font-weight: 600; color: var(--on-accent); background: var(--accent); border: 1px solid var(--accent); border-radius: .5rem; cursor: pointer; }
button:hover { filter: brightness(1.1); }
.card button { width: 100%; margin-top: 1.25rem; }
.quiet { padding: .3125rem .875rem; color: var(--text); background: none; border-color: var(--field); }
.devices { list-style: none; margin: 1.5rem 0; padding: 0; display: grid; gap: 1rem; }
.devices .card { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: .75rem 1.5rem; padding: 1.25rem 1.5rem; }
.devices h2, .devices p { margin: 0; }
.devices p { color: var(--muted); font-size: .9375rem; }
.devices .this { padding: .125rem .75rem; color: var(--text); background: var(--page); border: 1px solid var(--line); border-radius: 1rem; }
.devices .card button { width: auto; margin: 0; }
.done { max-width: none; margin-top: 1rem; padding: .625rem .875rem; background: var(--card); border: 1px solid var(--line); border-left: 4px solid var(--done); border-radius: .375rem; }
`;
