import { render } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { createDaemon } from './api.ts';
import { Overview } from './overview.tsx';
import { SignIn } from './sign-in.tsx';

/** Kept for this tab alone, and sent to nobody but the daemon that served the page. */
const place = 'holdfast-token';

function Page() {
  const [token, setToken] = useState<string | null>(sessionStorage.getItem(place));
  const [trouble, setTrouble] = useState('');
  const daemon = useMemo(() => createDaemon(token ?? ''), [token]);
  const enter = (given: string): void => {
    sessionStorage.setItem(place, given);
    setToken(given);
  };
  const leave = (why: string): void => {
    sessionStorage.removeItem(place);
    setTrouble(why);
    setToken(null);
  };
  return token === null ? (
    <SignIn trouble={trouble} take={enter} />
  ) : (
    <Overview daemon={daemon} leave={leave} />
  );
}

const root = document.getElementById('page');
if (root !== null) render(<Page />, root);
