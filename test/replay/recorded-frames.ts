/** Frames that Bybit really sent, as recorded from the wire. */

/** A perpetual: one snapshot, then deltas. */
export const LINEAR_TICKER = [
  '{"topic":"tickers.BTCUSDT","type":"snapshot","data":{"symbol":"BTCUSDT","tickDirection":"ZeroPlusTick","price24hPcnt":"0.041525","lastPrice":"80682.00","prevPrice24h":"77465.20","highPrice24h":"82276.60","lowPrice24h":"77062.10","prevPrice1h":"80921.30","markPrice":"80687.21","indexPrice":"80721.64","openInterest":"59139.99","openInterestValue":"4771840792.53","turnover24h":"7669497103.0532","volume24h":"96056.1840","fundingIntervalHour":"8","fundingCap":"0.00333","singleOpenInterest":"29569.995","singleOpenInterestValue":"2385920396.26","nextFundingTime":"1788508800000","fundingRate":"0.00006373","bid1Price":"80681.90","bid1Size":"3.684","ask1Price":"80682.00","ask1Size":"0.588","preOpenPrice":"","preQty":"","curPreListingPhase":""},"cs":804921544828,"ts":1788488625983}',
  '{"topic":"tickers.BTCUSDT","type":"delta","data":{"symbol":"BTCUSDT","markPrice":"80687.16","openInterestValue":"4771837835.53","singleOpenInterestValue":"2385918917.76"},"cs":804921545825,"ts":1788488626183}',
  '{"topic":"tickers.BTCUSDT","type":"delta","data":{"symbol":"BTCUSDT","openInterest":"59140.374","openInterestValue":"4771868819.40","bid1Price":"80681.90","bid1Size":"3.699","singleOpenInterest":"29570.187","singleOpenInterestValue":"2385934409.70"},"cs":804921546339,"ts":1788488626283}',
  '{"topic":"tickers.BTCUSDT","type":"delta","data":{"symbol":"BTCUSDT","turnover24h":"7669504364.4332","volume24h":"96056.2740","bid1Price":"80681.90","bid1Size":"3.684","ask1Price":"80682.00","ask1Size":"0.485"},"cs":804921547630,"ts":1788488626383}',
  '{"topic":"tickers.BTCUSDT","type":"delta","data":{"symbol":"BTCUSDT","bid1Price":"80681.90","bid1Size":"3.688"},"cs":804921548799,"ts":1788488626483}',
  '{"topic":"tickers.BTCUSDT","type":"delta","data":{"symbol":"BTCUSDT","bid1Price":"80681.90","bid1Size":"3.684","ask1Price":"80682.00","ask1Size":"1.309"},"cs":804921549413,"ts":1788488626584}',
  '{"topic":"tickers.BTCUSDT","type":"delta","data":{"symbol":"BTCUSDT","bid1Price":"80681.90","bid1Size":"3.173","ask1Price":"80682.00","ask1Size":"1.969"},"cs":804921549921,"ts":1788488626784}',
  '{"topic":"tickers.BTCUSDT","type":"delta","data":{"symbol":"BTCUSDT","tickDirection":"MinusTick","price24hPcnt":"0.041524","lastPrice":"80681.90","markPrice":"80687.19","indexPrice":"80721.66","openInterestValue":"4771870593.61","turnover24h":"7669505171.2522","volume24h":"96056.2840","bid1Price":"80681.90","bid1Size":"3.163","singleOpenInterestValue":"2385935296.80"},"cs":804921550439,"ts":1788488627084}',
];

/** Depth 1: whole every time. */
export const LINEAR_BEST_LEVELS = [
  '{"topic":"orderbook.1.BTCUSDT","ts":1788488626379,"type":"snapshot","data":{"s":"BTCUSDT","b":[["80681.9","3.684"]],"a":[["80682","0.485"]],"u":65538673,"seq":804921547573},"cts":1788488626377}',
  '{"topic":"orderbook.1.BTCUSDT","ts":1788488626399,"type":"snapshot","data":{"s":"BTCUSDT","b":[["80681.9","3.688"]],"a":[["80682","0.485"]],"u":65538674,"seq":804921547862},"cts":1788488626398}',
  '{"topic":"orderbook.1.BTCUSDT","ts":1788488626519,"type":"snapshot","data":{"s":"BTCUSDT","b":[["80681.9","3.688"]],"a":[["80682","0.883"]],"u":65538675,"seq":804921549151},"cts":1788488626518}',
  '{"topic":"orderbook.1.BTCUSDT","ts":1788488626529,"type":"snapshot","data":{"s":"BTCUSDT","b":[["80681.9","3.688"]],"a":[["80682","1.309"]],"u":65538676,"seq":804921549301},"cts":1788488626527}',
];

/** Several fills of one order in one frame. */
export const LINEAR_TRADES = [
  '{"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":1788488631204,"data":[{"T":1788488631203,"s":"BTCUSDT","S":"Sell","v":"0.299","p":"80681.90","L":"ZeroMinusTick","i":"6134ab47-051f-52d9-8198-ec0ec898a974","BT":false,"RPI":false,"seq":804921558499},{"T":1788488631203,"s":"BTCUSDT","S":"Sell","v":"0.333","p":"80681.90","L":"ZeroMinusTick","i":"40c3dc3b-966f-52e3-9252-b87d62aa04ca","BT":false,"RPI":false,"seq":804921558499},{"T":1788488631203,"s":"BTCUSDT","S":"Sell","v":"0.001","p":"80681.90","L":"ZeroMinusTick","i":"8051907d-f369-5d2c-8d5e-988ee24f50b2","BT":false,"RPI":false,"seq":804921558499},{"T":1788488631203,"s":"BTCUSDT","S":"Sell","v":"0.001","p":"80681.90","L":"ZeroMinusTick","i":"817b32ee-a0a6-500e-a3ef-88c80d36d143","BT":false,"RPI":false,"seq":804921558499},{"T":1788488631203,"s":"BTCUSDT","S":"Sell","v":"0.001","p":"80681.90","L":"ZeroMinusTick","i":"1935f8b6-8211-5838-9d43-a4bae3040bc4","BT":false,"RPI":false,"seq":804921558499},{"T":1788488631203,"s":"BTCUSDT","S":"Sell","v":"0.228","p":"80681.90","L":"ZeroMinusTick","i":"4059dbaa-c68a-5b93-8c1d-cd09f6dc8583","BT":false,"RPI":false,"seq":804921558499},{"T":1788488631203,"s":"BTCUSDT","S":"Sell","v":"0.001","p":"80681.90","L":"ZeroMinusTick","i":"22d59fce-fc13-5ed0-9d18-d390c2fd3290","BT":false,"RPI":false,"seq":804921558499},{"T":1788488631203,"s":"BTCUSDT","S":"Sell","v":"0.001","p":"80681.90","L":"ZeroMinusTick","i":"d6c647df-3638-56e3-b357-66032f713600","BT":false,"RPI":false,"seq":804921558499},{"T":1788488631203,"s":"BTCUSDT","S":"Sell","v":"0.001","p":"80681.90","L":"ZeroMinusTick","i":"476b2369-752f-55fa-9002-28be7a490b70","BT":false,"RPI":false,"seq":804921558499},{"T":1788488631203,"s":"BTCUSDT","S":"Sell","v":"0.250","p":"80681.90","L":"ZeroMinusTick","i":"dd0975c5-4eed-5154-b6c6-45af73b0a0a8","BT":false,"RPI":false,"seq":804921558499},{"T":1788488631203,"s":"BTCUSDT","S":"Sell","v":"0.001","p":"80681.90","L":"ZeroMinusTick","i":"8fe5ffbf-8677-5d39-9a59-1da6da1c3cb2","BT":false,"RPI":false,"seq":804921558499},{"T":1788488631203,"s":"BTCUSDT","S":"Sell","v":"0.001","p":"80681.90","L":"ZeroMinusTick","i":"85bdd734-3c7e-5088-a1cf-d26049312935","BT":false,"RPI":false,"seq":804921558499},{"T":1788488631203,"s":"BTCUSDT","S":"Sell","v":"0.121","p":"80681.90","L":"ZeroMinusTick","i":"4419c55f-bf7d-59e7-82eb-1df81b1c928f","BT":false,"RPI":false,"seq":804921558499}]}',
  '{"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":1788488627048,"data":[{"T":1788488627047,"s":"BTCUSDT","S":"Sell","v":"0.010","p":"80681.90","L":"MinusTick","i":"ab76cb24-30df-59ce-8a55-f07fd91ff646","BT":false,"RPI":false,"seq":804921550364}]}',
  '{"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":1788488627209,"data":[{"T":1788488627208,"s":"BTCUSDT","S":"Sell","v":"0.004","p":"80681.90","L":"ZeroMinusTick","i":"7acb64ef-4e74-5027-aef2-d5fc1dbdd03a","BT":false,"RPI":false,"seq":804921550737}]}',
];

/** Depth 50, quiet market: levels enter and leave the window. */
export const SPOT_BOOK = [
  '{"topic":"orderbook.50.BTCUSDT","ts":1789299657452,"type":"snapshot","data":{"s":"BTCUSDT","b":[["77140.5","0.216593"],["77140.4","0.324084"],["77140.3","0.131763"],["77140.2","0.177862"],["77140.1","0.131763"],["77140","0.072313"],["77139.9","0.072313"],["77139.8","0.053571"],["77131.1","0.000248"],["77090.8","0.003831"],["77025.6","0.000943"],["77000","0.002114"],["76948.6","0.000787"],["76909","0.003835"],["76893.6","0.002495"],["76886","0.000259"],["76871.8","0.001931"],["76869","0.000387"],["76800","0.061159"],["76771.5","0.000538"],["76766.2","0.001208"],["76765.5","0.000644"],["76758","0.000249"],["76727.2","0.003835"],["76723","0.000543"],["76692","0.000249"],["76684.2","0.000228"],["76666.1","0.000249"],["76666","0.003712"],["76661.2","0.000249"],["76600","0.00292"],["76548.8","0.002495"],["76547","0.001"],["76545.9","0.000184"],["76545.4","0.003835"],["76523.3","0.001"],["76484.6","0.000279"],["76471.3","0.001"],["76445.4","0.000644"],["76440","0.000398"],["76434.2","0.000387"],["76430.3","0.000187"],["76400","0.06091"],["76371.7","0.000259"],["76363.6","0.003835"],["76339.2","0.000646"],["76332.9","0.001208"],["76278.6","0.001108"],["76271.2","0.00021"],["76204","0.002495"]],"a":[["77140.6","0.324006"],["77140.7","0.240088"],["77140.8","0.177784"],["77140.9","0.131763"],["77141","0.131763"],["77141.1","0.177861"],["77141.2","0.053571"],["77267.6","0.000182"],["77273.4","0.000247"],["77321.6","0.002"],["77334.2","0.000902"],["77397.1","0.000248"],["77400","0.002111"],["77400.2","0.000259"],["77405.7","0.000643"],["77409.9","0.001113"],["77411.5","0.002044"],["77454.4","0.003831"],["77461.2","0.000247"],["77488.9","0.001886"],["77496.6","0.000101"],["77500","0.015116"],["77582.2","0.00034"],["77583.2","0.002492"],["77586.3","0.000342"],["77600","0.060847"],["77630.2","0.001014"],["77632.9","0.001206"],["77636.1","0.000537"],["77636.2","0.003831"],["77641.7","0.000218"],["77642.2","0.000333"],["77667.8","0.000192"],["77672.8","0.000278"],["77704.9","0.001"],["77711.4","0.000397"],["77725.8","0.000643"],["77738.6","0.000386"],["77757.8","0.001"],["77760.6","0.000227"],["77781.9","0.001"],["77800","0.002111"],["77818","0.003831"],["77862","0.000246"],["77875.7","0.001385"],["77893.2","0.000101"],["77894.7","0.000124"],["77914","0.000211"],["77914.4","0.000259"],["77923.8","0.000541"]],"u":3734358,"seq":2189232157},"cts":1789299655598}',
  '{"topic":"orderbook.50.BTCUSDT","ts":1789299658933,"type":"delta","data":{"s":"BTCUSDT","b":[["77140.3","0"],["77139.8","0"],["76200","0.002114"],["76181.8","0.003835"]],"a":[["77141.2","0"],["77928","0.002492"]],"u":3734359,"seq":2189232166},"cts":1789299658878}',
  '{"topic":"orderbook.50.BTCUSDT","ts":1789299660733,"type":"delta","data":{"s":"BTCUSDT","b":[["77140.5","0.212703"]],"a":[],"u":3734360,"seq":2189232173},"cts":1789299660688}',
  '{"topic":"orderbook.50.BTCUSDT","ts":1789299663932,"type":"delta","data":{"s":"BTCUSDT","b":[["77140.3","0.240088"],["77139.8","0.053571"],["76200","0"],["76181.8","0"]],"a":[["77141.2","0.053571"],["77928","0"]],"u":3734361,"seq":2189232180},"cts":1789299663878}',
  '{"topic":"orderbook.50.BTCUSDT","ts":1789299665832,"type":"delta","data":{"s":"BTCUSDT","b":[["77140.5","0.208813"]],"a":[],"u":3734362,"seq":2189232186},"cts":1789299665782}',
  '{"topic":"orderbook.50.BTCUSDT","ts":1789299668932,"type":"delta","data":{"s":"BTCUSDT","b":[["77140.5","0.000078"],["77140.4","0"],["77140.3","0"],["77140.2","0"],["77139.8","0"],["76200","0.002114"],["76181.8","0.003835"],["76146.7","0.000079"],["76146","0.000228"]],"a":[["77140.6","0"],["77141.1","0"],["77141.2","0"],["77928","0.002492"],["77963.7","0.000183"],["77993.4","0.000057"]],"u":3734363,"seq":2189232202},"cts":1789299668878}',
  '{"topic":"orderbook.50.BTCUSDT","ts":1789299669152,"type":"delta","data":{"s":"BTCUSDT","b":[],"a":[["77757.7","0.001"],["77757.8","0"]],"u":3734364,"seq":2189232203},"cts":1789299669105}',
  '{"topic":"orderbook.50.BTCUSDT","ts":1789299670932,"type":"delta","data":{"s":"BTCUSDT","b":[["77140.5","0"],["77140.1","0.127951"],["76132.9","0.000079"]],"a":[],"u":3734365,"seq":2189232212},"cts":1789299670888}',
  '{"topic":"orderbook.50.BTCUSDT","ts":1789299671093,"type":"delta","data":{"s":"BTCUSDT","b":[["77140.1","0.127871"]],"a":[],"u":3734366,"seq":2189232213},"cts":1789299671049}',
  '{"topic":"orderbook.50.BTCUSDT","ts":1789299671213,"type":"delta","data":{"s":"BTCUSDT","b":[["76523.3","0"],["76523","0.001"]],"a":[],"u":3734367,"seq":2189232214},"cts":1789299671168}',
  '{"topic":"orderbook.50.BTCUSDT","ts":1789299671312,"type":"delta","data":{"s":"BTCUSDT","b":[],"a":[["77757.6","0.001"],["77757.7","0"]],"u":3734368,"seq":2189232215},"cts":1789299671259}',
  '{"topic":"orderbook.50.BTCUSDT","ts":1789299672372,"type":"delta","data":{"s":"BTCUSDT","b":[],"a":[["77140.7","0.240076"]],"u":3734369,"seq":2189232216},"cts":1789299672316}',
];

/** Depth 1 with repeats of the same update id after 3 s. */
export const SPOT_BEST_LEVELS = [
  '{"topic":"orderbook.1.BTCUSDT","ts":1789299655643,"type":"snapshot","data":{"s":"BTCUSDT","b":[["77140.5","0.216593"]],"a":[["77140.6","0.324006"]],"u":1980705,"seq":2189232157},"cts":1789299655598}',
  '{"topic":"orderbook.1.BTCUSDT","ts":1789299659913,"type":"snapshot","data":{"s":"BTCUSDT","b":[["77140.5","0.216593"]],"a":[["77140.6","0.324006"]],"u":1980705,"seq":2189232166},"cts":1789299658878}',
  '{"topic":"orderbook.1.BTCUSDT","ts":1789299660734,"type":"snapshot","data":{"s":"BTCUSDT","b":[["77140.5","0.212703"]],"a":[["77140.6","0.324006"]],"u":1980706,"seq":2189232173},"cts":1789299660688}',
  '{"topic":"orderbook.1.BTCUSDT","ts":1789299665824,"type":"snapshot","data":{"s":"BTCUSDT","b":[["77140.5","0.208813"]],"a":[["77140.6","0.324006"]],"u":1980707,"seq":2189232186},"cts":1789299665782}',
  '{"topic":"orderbook.1.BTCUSDT","ts":1789299668914,"type":"snapshot","data":{"s":"BTCUSDT","b":[["77140.5","0.208813"]],"a":[["77140.6","0.324006"]],"u":1980707,"seq":2189232186},"cts":1789299665782}',
  '{"topic":"orderbook.1.BTCUSDT","ts":1789299668924,"type":"snapshot","data":{"s":"BTCUSDT","b":[["77140.5","0.000078"]],"a":[["77140.7","0.240088"]],"u":1980708,"seq":2189232202},"cts":1789299668878}',
];

export const SPOT_TRADES = [
  '{"topic":"publicTrade.BTCUSDT","ts":1789299660724,"type":"snapshot","data":[{"i":"2100000000188691524","T":1789299660688,"p":"77140.5","v":"0.00389","S":"Sell","seq":2189232173,"s":"BTCUSDT","BT":false,"RPI":false}]}',
  '{"topic":"publicTrade.BTCUSDT","ts":1789299665818,"type":"snapshot","data":[{"i":"2100000000188691528","T":1789299665782,"p":"77140.5","v":"0.00389","S":"Sell","seq":2189232186,"s":"BTCUSDT","BT":false,"RPI":false}]}',
  '{"topic":"publicTrade.BTCUSDT","ts":1789299670925,"type":"snapshot","data":[{"i":"2100000000188691533","T":1789299670888,"p":"77140.5","v":"0.000078","S":"Sell","seq":2189232212,"s":"BTCUSDT","BT":false,"RPI":false},{"i":"2100000000188691534","T":1789299670888,"p":"77140.1","v":"0.003812","S":"Sell","seq":2189232212,"s":"BTCUSDT","BT":false,"RPI":false}]}',
];

/** Four unrelated moments. */
export const LINEAR_KLINES = [
  '{"topic":"kline.1.BTCUSDT","data":[{"start":1719667560000,"end":1719667619999,"interval":"1","open":"61030","close":"61029.9","high":"61030","low":"61015","volume":"10.798","turnover":"658980.4245","confirm":false,"timestamp":1719667601380}],"ts":1719667601380,"type":"snapshot"}',
  '{"type":"snapshot","topic":"kline.1.BTCUSDT","data":[{"start":1714102140000,"end":1714102199999,"interval":"1","open":"50803.82","close":"50803.82","high":"50803.84","low":"50803.82","volume":"0.51374","turnover":"26099.95921086","confirm":false,"timestamp":1714102192562}],"ts":1714102192562}',
  '{"topic":"kline.1.BTCUSDT","data":[{"start":1789470120000,"end":1789470179999,"interval":"1","open":"77257.2","close":"77256.8","high":"77257.2","low":"77256.8","volume":"0.015","turnover":"1158.8555","confirm":false,"timestamp":1789470134641}],"ts":1789470134641,"type":"snapshot"}',
  '{"topic":"kline.1.BTCUSDT","data":[{"start":1678867020000,"end":1678867079999,"interval":"1","open":"24858","close":"24887.6","high":"24899","low":"24857.9","volume":"296.899","turnover":"7387562.6728","confirm":false,"timestamp":1678867067260}],"ts":1678867067260,"type":"snapshot"}',
];

export const LINEAR_LIQUIDATIONS = [
  '{"topic":"allLiquidation.STRKUSDT","type":"snapshot","ts":1791091285551,"data":[{"T":1791091285156,"s":"STRKUSDT","S":"Buy","v":"2084.9","p":"0.05165"}]}',
  '{"topic":"allLiquidation.BTCUSDT","type":"snapshot","ts":1791565601482,"data":[{"T":1791565600992,"s":"BTCUSDT","S":"Buy","v":"0.006","p":"82396.90"},{"T":1791565601058,"s":"BTCUSDT","S":"Buy","v":"0.038","p":"82394.30"}]}',
  '{"topic":"allLiquidation.ADAUSDT","type":"snapshot","ts":1786014947330,"data":[{"T":1786014946933,"s":"ADAUSDT","S":"Sell","v":"13248","p":"0.1915"}]}',
];

/** The topic of before 2025. */
export const OLD_LIQUIDATION = [
  '{"topic":"liquidation.XRPUSD","type":"snapshot","ts":1680673944093,"data":{"updatedTime":1680673944093,"symbol":"XRPUSD","side":"Sell","size":"6949","price":"0.5149"}}',
];

/** Depth 1 of 2023: deltas. */
export const OLD_BEST_LEVELS = [
  '{"topic":"orderbook.1.BTCUSDT","type":"snapshot","ts":1680673820717,"data":{"s":"BTCUSDT","b":[["28552.00","0.047"]],"a":[["28552.10","25.433"]],"u":7003305,"seq":50193540681}}',
  '{"topic":"orderbook.1.BTCUSDT","type":"delta","ts":1680673821137,"data":{"s":"BTCUSDT","b":[["28552.00","0.012"]],"a":[],"u":7003306,"seq":50193543147}}',
];

/** A dated future: no funding. */
export const INVERSE_FUTURE_TICKER = [
  '{"topic":"tickers.BTCUSDU23","type":"snapshot","data":{"symbol":"BTCUSDU23","tickDirection":"MinusTick","price24hPcnt":"0.023231","lastPrice":"29026.00","prevPrice24h":"28367.00","highPrice24h":"29253.00","lowPrice24h":"28350.00","prevPrice1h":"28947.50","markPrice":"29023.60","indexPrice":"28566.94","openInterest":"4547176","openInterestValue":"156.67","turnover24h":"279.6816","volume24h":"8041559","deliveryTime":"2023-09-29T08:00:00Z","basisRate":"0.01600486","deliveryFeeRate":"0.0005","predictedDeliveryPrice":"0.00","basis":"459.06","nextFundingTime":"","fundingRate":"","bid1Price":"29025.00","bid1Size":"3100","ask1Price":"29027.00","ask1Size":"3095"},"cs":12321470232,"ts":1680673822099}',
  '{"topic":"tickers.BTCUSDU23","type":"delta","data":{"symbol":"BTCUSDU23","price24hPcnt":"0.023231","bid1Price":"29025.00","bid1Size":"3100","ask1Price":"29027.00","ask1Size":"3095","basisRate":"0.01603111","deliveryFeeRate":"0.0005"},"cs":12321470236,"ts":1680673822199}',
];

export const INVERSE_TRADES = [
  '{"topic":"publicTrade.BTCUSD","type":"snapshot","ts":1680673823566,"data":[{"T":1680673823564,"s":"BTCUSD","S":"Buy","v":"5823","p":"28560.50","L":"PlusTick","i":"0cbf2330-952d-5d03-a462-4bf826c867af","BT":false},{"T":1680673823564,"s":"BTCUSD","S":"Buy","v":"3","p":"28560.50","L":"ZeroPlusTick","i":"912e56de-9ed6-5f4f-9421-f0ff5a42d84a","BT":false},{"T":1680673823564,"s":"BTCUSD","S":"Buy","v":"5593","p":"28560.50","L":"ZeroPlusTick","i":"cb558b74-cf72-5157-b53b-93944db336ad","BT":false}]}',
];

/** The documented shape of an option's ticker and of its base coin's trades; composed, not recorded. */
export const OPTION_TICKER = [
  '{"id":"tickers.BTC-27MAR26-70000-P-USDT-2480334983-1789299660724","topic":"tickers.BTC-27MAR26-70000-P-USDT","ts":1789299660724,"data":{"symbol":"BTC-27MAR26-70000-P-USDT","bidPrice":"0","bidSize":"0","bidIv":"0","askPrice":"1210","askSize":"5.1","askIv":"0.514","lastPrice":"1205","highPrice24h":"1250","lowPrice24h":"1150","markPrice":"1198.4552","indexPrice":"77140.33","markPriceIv":"0.51","underlyingPrice":"77201.5","openInterest":"231.5","turnover24h":"2453.65","volume24h":"2.05","totalVolume":"4939","totalTurnover":"63564544","delta":"-0.23","gamma":"0.00001","vega":"81.1","theta":"-30.2","predictedDeliveryPrice":"0","change24h":"-0.0386"},"type":"snapshot"}',
];

export const OPTION_TRADES = [
  '{"id":"publicTrade.BTC-2480334983-1789299660724","topic":"publicTrade.BTC","ts":1789299660724,"data":[{"p":"1205","v":"0.05","i":"cb558b74-cf72-5157-b53b-93944db336ad","T":1789299660720,"BT":false,"s":"BTC-27MAR26-70000-P-USDT","S":"Sell","mP":"1198","iP":"77140","mIv":"0.51","iv":"0.52"},{"p":"90","v":"1","i":"912e56de-9ed6-5f4f-9421-f0ff5a42d84a","T":1789299660722,"BT":true,"s":"BTC-27MAR26-50000-P-USDT","S":"Buy","mP":"91","iP":"77140","mIv":"0.61","iv":"0.6"}],"type":"snapshot"}',
];

/** The documented shape; composed, not recorded. */
export const SPOT_TICKER = [
  '{"topic":"tickers.BTCUSDT","ts":1789299660724,"type":"snapshot","cs":2588407389,"data":{"symbol":"BTCUSDT","lastPrice":"77140.5","highPrice24h":"78000","lowPrice24h":"76120.1","prevPrice24h":"76500","volume24h":"6780.866843","turnover24h":"523050000.123","price24hPcnt":"0.0084","usdIndexPrice":""}}',
];
