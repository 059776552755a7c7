// Telephone numbers as people type them, and what is wrong with them. The bridge decides; this only says it sooner.

/** Without the signs that people put between digits: "+1 (555) 555-0100" → "+15555550100". */
export const plainNumber = (text: string): string => text.replace(/[\s().\-/]/g, '');

/** What is wrong with it, in words; nothing when it may be a number. Empty text is not wrong, only not there yet. */
export function complaintAbout(text: string): string | null {
  const number = plainNumber(text);
  if (number === '') return null;
  if (!number.startsWith('+')) return 'Begins with + and the country code, as in +1 555 555 0100.';
  if (!/^\+\d*$/.test(number)) return 'Has something other than digits in it.';
  const digits = number.slice(1);
  if (digits.startsWith('0')) return 'No country code begins with 0.';
  if (digits.length > 15) return 'Has more than 15 digits.';
  if (digits.startsWith('1')) {
    if (digits.length < 11) return `Under +1 ten digits follow; ${digits.length - 1} so far.`;
    if (digits.length > 11) return 'Under +1 only ten digits follow.';
    if (!/^1[2-9]\d{2}[2-9]\d{6}$/.test(digits))
      return 'No area code or exchange begins with 0 or 1.';
    return null;
  }
  return digits.length < 7 ? 'Too short for a number.' : null;
}

export const isNumber = (text: string): boolean =>
  plainNumber(text) !== '' && complaintAbout(text) === null;
