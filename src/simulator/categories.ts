/** The exchange's own names for its markets; a topic is the same text in all of them, only the path tells them apart. */
export const CATEGORIES = ['linear', 'spot', 'inverse', 'option'] as const;
export type Category = (typeof CATEGORIES)[number];

export function isCategory(text: string | null | undefined): text is Category {
  return CATEGORIES.includes(text as Category);
}
