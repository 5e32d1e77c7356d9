import { padded, trimmed } from './decimal';
import type { Instrument } from './instrument';

/** One row of instruments-info: the fields that each category has. */
export function instrumentInfo(instrument: Instrument): object {
  const { category, symbol, baseCoin, quoteCoin, priceScale, tick, sizeScale } = instrument;
  const tickSize = padded(tick, priceScale);
  const step = padded(1, sizeScale);
  if (category === 'spot') {
    return {
      symbol,
      baseCoin,
      quoteCoin,
      innovation: '0',
      status: 'Trading',
      marginTrading: 'utaOnly',
      stTag: '0',
      lotSizeFilter: {
        basePrecision: step,
        quotePrecision: '0.0000001',
        minOrderQty: step,
        maxOrderQty: '1000000',
        minOrderAmt: '5',
        maxOrderAmt: '4000000',
        maxLimitOrderQty: '1000000',
        maxMarketOrderQty: '500000',
        postOnlyMaxLimitOrderSize: '1000000',
      },
      priceFilter: { tickSize: trimmed(tick, priceScale) },
      riskParameters: { priceLimitRatioX: '0.01', priceLimitRatioY: '0.02' },
      symbolType: '',
    };
  }
  const common = { symbol, status: 'Trading', baseCoin, quoteCoin, settleCoin: instrument.settleCoin };
  const dates = {
    launchTime: '1585526400000',
    deliveryTime: String(instrument.deliveryTime),
    deliveryFeeRate: instrument.deliveryTime ? '0.0005' : '',
  };
  if (category === 'option') {
    return {
      ...common,
      optionsType: instrument.contractType,
      ...dates,
      priceFilter: { minPrice: tickSize, maxPrice: '10000000', tickSize },
      lotSizeFilter: { maxOrderQty: '500', minOrderQty: step, qtyStep: step },
      displayName: symbol,
    };
  }
  return {
    ...common,
    symbolId: 1,
    contractType: instrument.contractType,
    ...dates,
    priceScale: String(priceScale),
    leverageFilter: { minLeverage: '1', maxLeverage: '100.00', leverageStep: '0.01' },
    priceFilter: { minPrice: tickSize, maxPrice: '1999999.80', tickSize },
    lotSizeFilter: {
      maxOrderQty: '1190.000',
      minOrderQty: step,
      qtyStep: step,
      maxMktOrderQty: '500.000',
      postOnlyMaxOrderQty: '1190.000',
      minNotionalValue: '5',
    },
    unifiedMarginTrade: true,
    fundingInterval: 480,
    copyTrading: 'both',
    upperFundingRate: '0.00333',
    lowerFundingRate: '-0.00333',
    isPreListing: false,
    preListingInfo: null,
    riskParameters: { priceLimitRatioX: '0.01', priceLimitRatioY: '0.02' },
    symbolType: '',
  };
}
