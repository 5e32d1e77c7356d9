/** The model's flat implied volatility, yearly. */
export const IMPLIED_VOLATILITY = 0.55;

export interface OptionValue {
  value: number;
  delta: number;
  gamma: number;
  vega: number;
  theta: number;
}

/** Black-Scholes without interest. `years` to delivery; vega per volatility point, theta per day. */
export function optionValue(call: boolean, spot: number, strike: number, years: number): OptionValue {
  const sigma = IMPLIED_VOLATILITY * Math.sqrt(years);
  const d1 = (Math.log(spot / strike) + (IMPLIED_VOLATILITY ** 2 / 2) * years) / sigma;
  const d2 = d1 - sigma;
  const density = Math.exp(-(d1 ** 2) / 2) / Math.sqrt(2 * Math.PI);
  const callValue = spot * normal(d1) - strike * normal(d2);
  return {
    value: call ? callValue : callValue - spot + strike,
    delta: call ? normal(d1) : normal(d1) - 1,
    gamma: density / (spot * sigma),
    vega: (spot * density * Math.sqrt(years)) / 100,
    theta: -(spot * density * IMPLIED_VOLATILITY) / (2 * Math.sqrt(years)) / 365,
  };
}

/** Cumulative normal distribution, Zelen and Severo's approximation: error below 1e-7. */
function normal(x: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(x));
  const poly = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const tail = (Math.exp(-(x ** 2) / 2) / Math.sqrt(2 * Math.PI)) * poly;
  return x > 0 ? 1 - tail : tail;
}
