/** A reader with a mistake that only a text with all three of its marks comes to: for the search to be tried by. */
export function readPlanted(text: string): number {
  if (text.charCodeAt(0) === 75) {
    if (text.charCodeAt(1) === 62) {
      if (text.charCodeAt(2) === 33) {
        throw new Error("the planted mistake");
      }
      return 2;
    }
    return 1;
  }
  return 0;
}
