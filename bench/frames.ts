/** Made-up frames with the shapes, sizes and frequencies of the real ones, as the text that a socket brings. */

/** A small seeded generator: every run measures the same frames. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const START = 1_788_488_626_000;
const TICK = 0.1;
const priceOf = (ticks: number) => (ticks * TICK).toFixed(1);

export function tickerFrames(count: number, random: () => number): string[] {
  const snapshot = `{"topic":"tickers.BTCUSDT","type":"snapshot","data":{"symbol":"BTCUSDT","tickDirection":"ZeroPlusTick","price24hPcnt":"0.041525","lastPrice":"80682.00","prevPrice24h":"77465.20","highPrice24h":"82276.60","lowPrice24h":"77062.10","prevPrice1h":"80921.30","markPrice":"80687.21","indexPrice":"80721.64","openInterest":"59139.99","openInterestValue":"4771840792.53","turnover24h":"7669497103.0532","volume24h":"96056.1840","fundingIntervalHour":"8","fundingCap":"0.00333","singleOpenInterest":"29569.995","singleOpenInterestValue":"2385920396.26","nextFundingTime":"1788508800000","fundingRate":"0.00006373","bid1Price":"80681.90","bid1Size":"3.684","ask1Price":"80682.00","ask1Size":"0.588","preOpenPrice":"","preQty":"","curPreListingPhase":""},"cs":804921544828,"ts":${START}}`;
  const frames = [snapshot];
  for (let i = 1; i < count; i++) {
    const data: Record<string, string> = { symbol: 'BTCUSDT' };
    const amount = (base: number, digits: number) => (base * (1 + random() / 1000)).toFixed(digits);
    // Frequencies of a busy symbol.
    if (random() < 0.18) data['tickDirection'] = random() < 0.5 ? 'PlusTick' : 'ZeroMinusTick';
    if (random() < 0.14) data['price24hPcnt'] = amount(0.0415, 6);
    if (random() < 0.12) data['lastPrice'] = amount(80682, 2);
    if (random() < 0.11) Object.assign(data, { markPrice: amount(80687, 2), openInterestValue: amount(4771840792, 2) });
    if (random() < 0.2) data['indexPrice'] = amount(80721, 2);
    if (random() < 0.36) Object.assign(data, { turnover24h: amount(7669497103, 4), volume24h: amount(96056, 4) });
    if (random() < 0.64) Object.assign(data, { bid1Price: amount(80681, 2), bid1Size: amount(3, 3) });
    if (random() < 0.78) Object.assign(data, { ask1Price: amount(80682, 2), ask1Size: amount(1, 3) });
    frames.push(JSON.stringify({ topic: 'tickers.BTCUSDT', type: 'delta', data, cs: 804921544828 + i, ts: START + i * 100 }));
  }
  return frames;
}

export function spotTickerFrames(count: number, random: () => number): string[] {
  return Array.from({ length: count }, (_, i) => {
    const lastPrice = (77140 + random() * 10).toFixed(2);
    return `{"topic":"tickers.BTCUSDT","ts":${START + i * 50},"type":"snapshot","cs":${2588407389 + i},"data":{"symbol":"BTCUSDT","lastPrice":"${lastPrice}","highPrice24h":"78000","lowPrice24h":"76120.1","prevPrice24h":"76500","volume24h":"6780.866843","turnover24h":"523050000.123","price24hPcnt":"${(random() / 100).toFixed(4)}","usdIndexPrice":"77141.12"}}`;
  });
}

type Side = Map<number, string>;

/** A book whose window is kept as the exchange keeps it: about six changed levels per delta, most of them near the top. */
export function bookFrames(count: number, depth: number, random: () => number): string[] {
  const size = () => (random() * 3).toFixed(3);
  const sides: { readonly sign: 1 | -1; readonly all: Side }[] = [
    { sign: -1, all: new Map(Array.from({ length: depth + 60 }, (_, i) => [806_819 - i, size()])) },
    { sign: 1, all: new Map(Array.from({ length: depth + 60 }, (_, i) => [806_820 + i, size()])) },
  ];
  const windowOf = ({ sign, all }: (typeof sides)[number]): Side =>
    new Map([...all].sort(([x], [y]) => sign * (x - y)).slice(0, depth));
  const text = (levels: Side, sign: number) =>
    [...levels].sort(([x], [y]) => sign * (x - y)).map(([ticks, amount]) => [priceOf(ticks), amount]);
  let windows = sides.map(windowOf);
  const frameOf = (type: string, u: number, [b, a]: unknown[]) =>
    JSON.stringify({
      topic: `orderbook.${depth}.BTCUSDT`,
      type,
      ts: START + u * 20,
      data: { s: 'BTCUSDT', b, a, u, seq: 804921547573 + u },
      cts: START + u * 20 - 2,
    });
  const frames = [
    frameOf(
      'snapshot',
      2,
      windows.map((window, i) => text(window, sides[i]?.sign ?? 1)),
    ),
  ];
  for (let u = 3; frames.length < count; u++) {
    for (const { sign, all } of sides) {
      for (let change = 0; change < 3; change++) {
        const place = Math.floor(random() ** 2 * depth);
        const ticks = (sign < 0 ? 806_819 : 806_820) + sign * place;
        if (random() < 0.3) all.delete(ticks);
        else all.set(ticks, size());
      }
    }
    const now = sides.map(windowOf);
    frames.push(
      frameOf(
        'delta',
        u,
        now.map((window, i) => text(changes(windows[i] ?? new Map<number, string>(), window), sides[i]?.sign ?? 1)),
      ),
    );
    windows = now;
  }
  return frames;
}

function changes(before: Side, after: Side): Side {
  const changed: Side = new Map([...after].filter(([ticks, size]) => before.get(ticks) !== size));
  for (const ticks of before.keys()) if (!after.has(ticks)) changed.set(ticks, '0');
  return changed;
}

export function bestLevelFrames(count: number, random: () => number): string[] {
  return Array.from({ length: count }, (_, i) => {
    const [bid, ask] = [(random() * 3).toFixed(3), (random() * 3).toFixed(3)];
    return `{"topic":"orderbook.1.BTCUSDT","ts":${START + i * 10},"type":"snapshot","data":{"s":"BTCUSDT","b":[["80681.9","${bid}"]],"a":[["80682","${ask}"]],"u":${65538673 + i},"seq":${804921547573 + i}},"cts":${START + i * 10 - 2}}`;
  });
}

export function tradeFrames(count: number, random: () => number): string[] {
  return Array.from({ length: count }, (_, i) => {
    const ts = START + i * 50;
    const fills = Array.from({ length: 1 + Math.floor(random() * 4) }, (_unused, fill) => {
      const price = (80682 + fill / 10).toFixed(2);
      return `{"T":${ts - 2},"s":"BTCUSDT","S":"Buy","v":"${random().toFixed(3)}","p":"${price}","L":"ZeroPlusTick","i":"0cbf2330-952d-5d03-a462-${String(i * 10 + fill).padStart(12, '0')}","BT":false,"RPI":false,"seq":${804921547573 + i}}`;
    });
    return `{"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":${ts},"data":[${fills.join(',')}]}`;
  });
}

export function klineFrames(count: number, random: () => number): string[] {
  return Array.from({ length: count }, (_, i) => {
    const start = Math.floor(START / 60_000) * 60_000 + Math.floor(i / 60) * 60_000;
    const close = (61_020 + random() * 10).toFixed(1);
    return `{"topic":"kline.1.BTCUSDT","data":[{"start":${start},"end":${start + 59_999},"interval":"1","open":"61025","close":"${close}","high":"61035","low":"61015","volume":"10.798","turnover":"658980.4245","confirm":${i % 60 === 59},"timestamp":${start + 5}}],"ts":${start + (i % 60) * 1000},"type":"snapshot"}`;
  });
}
