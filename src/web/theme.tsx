import { useEffect, useState } from 'preact/hooks';

const themes = ['auto', 'light', 'dark'] as const;
type Theme = (typeof themes)[number];

const place = 'holdfast-theme';

/** Follows the system's setting until the reader chooses. */
export function ThemeButton() {
  const [theme, choose] = useState<Theme>(chosen);
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
    localStorage.setItem(place, theme);
  }, [theme]);
  const next = themes[(themes.indexOf(theme) + 1) % themes.length] ?? 'auto';
  return (
    <button type="button" class="quiet" onClick={() => choose(next)}>
      Theme: {theme}
    </button>
  );
}

function chosen(): Theme {
  const kept = localStorage.getItem(place);
  return themes.find((theme) => theme === kept) ?? 'auto';
}
