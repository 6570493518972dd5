import { useState } from 'preact/hooks';

interface SignInProps {
  /** Why it is asked again. */
  readonly trouble: string;
  take(token: string): void;
}

/** Asks for the token, which goes into no address and no log. */
export function SignIn({ trouble, take }: SignInProps) {
  const [token, setToken] = useState('');
  return (
    <main id="main" class="sign-in">
      <h1>Holdfast</h1>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          take(token.trim());
        }}
      >
        <label for="token">Token</label>
        <input
          id="token"
          type="password"
          autoComplete="off"
          spellcheck={false}
          aria-describedby="token-help"
          value={token}
          onInput={({ currentTarget }) => setToken(currentTarget.value)}
        />
        <p id="token-help">
          It is in the file that <code>admin.tokenFile</code> of the configuration names. It is as good as
          root. This tab keeps it until it is closed.
        </p>
        {trouble === '' ? null : <p role="alert">{trouble}</p>}
        <button type="submit">Sign in</button>
      </form>
    </main>
  );
}
