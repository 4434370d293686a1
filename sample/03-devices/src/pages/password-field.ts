import { html, type Html } from './html.js';

interface PasswordField {
  readonly label: string;
  readonly isWrong: boolean;
  readonly hasFocus: boolean;
  /** The user chooses a new password. */
  readonly isNew?: boolean;
}

export function passwordField({ label, isWrong, hasFocus, isNew = false }: PasswordField): Html {
  return html`<label for="password">${label}</label>
    <input
      id="password"
      name="password"
      type="password"
      autocomplete="${isNew ? 'new-password' : 'current-password'}"
      required
      ${isWrong ? html`aria-invalid="true" aria-describedby="error"` : ''}
      ${hasFocus ? html`autofocus` : ''}
    />`;
}
