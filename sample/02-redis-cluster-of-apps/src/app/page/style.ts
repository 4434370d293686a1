/** The style sheet: system fonts, light or dark colours as the system prefers, and one colour per process. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --text: light-dark(#1c1b1f, #eceaf0);
  --muted: light-dark(#5d5a66, #a9a5b4);
  --page: light-dark(#f7f6f9, #141318);
  --card: light-dark(#ffffff, #1e1c24);
  --line: light-dark(#e3e0e9, #34313d);
  --app: #5d5a66;
  font: 100%/1.6 system-ui, sans-serif;
}
.app-1 { --app: #b3261e; }
.app-2 { --app: #1d5fa8; }
* { box-sizing: border-box; }
html { border-top: 6px solid var(--app); }
body { margin: 0 auto; max-width: 58rem; min-height: calc(100vh - 6px); padding: 0 1.25rem; display: flex; flex-direction: column; background: var(--page); color: var(--text); }
header { display: flex; flex-wrap: wrap; align-items: center; gap: .25rem 1.5rem; padding: 1rem 0; border-bottom: 1px solid var(--line); }
main { flex: 1; padding: 2rem 0 3rem; }
footer { padding: 1.25rem 0; border-top: 1px solid var(--line); color: var(--muted); font-size: .875rem; }
:focus-visible { outline: 3px solid var(--app); outline-offset: 3px; border-radius: .25rem; }
h1 { margin: 0 0 .75rem; font-size: clamp(1.75rem, 5vw, 2.5rem); line-height: 1.3; letter-spacing: -.02em; }
h2 { margin: 0 0 .75rem; font-size: 1.0625rem; }
code { font: .9em ui-monospace, monospace; overflow-wrap: anywhere; }
.lead { margin: 0; font-size: 1.1875rem; }
.brand { display: flex; align-items: center; gap: .625rem; color: var(--text); font-weight: 650; text-decoration: none; }
.who { display: flex; align-items: center; gap: .875rem; margin-left: auto; }
.app, .trail li { padding: .05em .4em; color: #fff; background: var(--app); border-radius: .375rem; }
.trail { display: flex; flex-wrap: wrap; gap: .5rem; margin: 0 0 1.25rem; padding: 0; list-style: none; font-size: .8125rem; }
.trail li:last-child { outline: 2px solid var(--text); outline-offset: 2px; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(22rem, 100%), 1fr)); gap: 1.25rem; align-items: start; margin: 1.5rem 0; }
.card { padding: 1.25rem 1.5rem 1.5rem; background: var(--card); border: 1px solid var(--line); border-radius: .875rem; }
dl, dd { margin: 0; }
dl > div { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: 0 1rem; padding: .5rem 0; border-top: 1px solid var(--line); }
dt { color: var(--muted); }
dd span { margin-right: 1rem; font-weight: 650; font-variant-numeric: tabular-nums; }
button { padding: .625rem 1.25rem; font: inherit; font-weight: 600; color: #fff; background: var(--app); border: 1px solid var(--app); border-radius: .5rem; cursor: pointer; }
button:hover { filter: brightness(1.1); }
.card > form > button { width: 100%; margin-top: .75rem; }
.quiet { padding: .3125rem .875rem; color: var(--text); background: none; border-color: var(--muted); }
`;
