/** Looking for nearest names costs about a millisecond; nobody may make us spend more than a small part of a second on it. */
const SEARCHES_PER_SECOND = 50;

export class SearchBudget {
  private searches = 0;
  private second = 0;

  /** Whether one more search may be made. @param now ms */
  take(now: number): boolean {
    const second = Math.floor(now / 1000);
    if (second !== this.second) {
      this.second = second;
      this.searches = 0;
    }
    return ++this.searches <= SEARCHES_PER_SECOND;
  }
}
