// Light, dark, or what the system says. The choice stays in this browser.
export type Theme = 'system' | 'light' | 'dark';

const key = 'tandem.theme';
const order: readonly Theme[] = ['system', 'light', 'dark'];

function stored(): Theme {
  try {
    const value = localStorage.getItem(key);
    return order.find((theme) => theme === value) ?? 'system';
  } catch {
    return 'system'; // storage is switched off in this browser
  }
}

function apply(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
}

export const theme = $state<{ choice: Theme }>({ choice: 'system' });

export function startTheme(): void {
  theme.choice = stored();
  apply(theme.choice);
}

export function nextTheme(): void {
  theme.choice = order[(order.indexOf(theme.choice) + 1) % order.length] ?? 'system';
  apply(theme.choice);
  try {
    localStorage.setItem(key, theme.choice);
  } catch {
    // the choice then lasts until the page is reloaded
  }
}
