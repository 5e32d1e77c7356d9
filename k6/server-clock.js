/**
 * How far the server's clock is from this machine's, from pings: the server wrote its time between our sending and our reading,
 * so every ping bounds the difference from both sides, and the quickest ones bound it best.
 */
export class ServerClock {
  constructor() {
    this.least = -Infinity;
    this.most = Infinity;
  }

  /** All in milliseconds since 1970; `there` by the server's clock. */
  pinged(sent, there, back) {
    // Both clocks cut to whole milliseconds.
    const least = there - back - 1;
    const most = there - sent + 1;
    const drifted = least > this.most || most < this.least;
    this.least = drifted ? least : Math.max(this.least, least);
    this.most = drifted ? most : Math.min(this.most, most);
  }

  /** Milliseconds to add to our clock. 0 while nothing speaks against it, as on one machine. */
  get ahead() {
    if (this.least <= 0 && this.most >= 0) return 0;
    return (this.least + this.most) / 2;
  }
}
