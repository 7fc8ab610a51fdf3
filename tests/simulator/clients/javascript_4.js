// Alpaca's JavaScript library, the fourth line (@alpacahq/alpaca-trade-api 4.x), unmodified.
// Run with NODE_PATH naming its folder: node javascript_4.js BASE_URL KEY SECRET. Prints JSON.
"use strict";
const assert = require("node:assert");
const { Alpaca, NotFoundError, streaming } = require("alpaca-4");

const PAPER_HOST = "https://paper-api.alpaca.markets";
const [basePath, keyId, secret] = process.argv.slice(2);
const url = `${basePath.replace(/^http/, "ws")}/stream`;

async function main() {
  // The client has no option for the address but one for the fetch it uses.
  const fetchApi = (address, init) => fetch(address.replace(PAPER_HOST, basePath), init);
  const alpaca = new Alpaca({ keyId, secret, fetchApi });
  const { orders, positions, account } = alpaca.trading;
  const seen = { account: (await account.getAccount()).status };

  const first = await orders.limit({ symbol: "AAPL", side: "buy", qty: 1, limitPrice: 100 });
  const second = await orders.patchOrderByOrderId({
    orderId: first.id,
    patchOrderRequest: { limitPrice: "101" },
  });
  const old = await orders.getOrderByOrderID({ orderId: first.id });
  seen.replaced = old.status === "replaced" && old.replacedBy === second.id;
  const open = await orders.getAllOrders({ status: "open" });
  seen.listed = open.map((row) => row.id).join() === second.id;
  await orders.deleteOrderByOrderID({ orderId: second.id });

  const stream = new streaming.TradingStream({ credentials: { keyId, secret }, url });
  stream.connect();
  const wanted = { type: "market", symbol: "AAPL", qty: 5, side: "buy", clientOrderId: "script" };
  const filled = await alpaca.trading.submitAndWait(wanted, { timeoutMs: 20000, stream });
  seen.waited = [filled.status, filled.filledQty];
  seen.by_client_id =
    (await orders.getOrderByClientOrderId({ clientOrderId: "script" })).id === filled.id;
  seen.position = (await positions.getOpenPosition({ symbolOrAssetId: "AAPL" })).qty;
  const bracket = await orders.bracket({
    symbol: "MSFT",
    side: "buy",
    qty: 2,
    takeProfit: { limitPrice: 9000 },
    stopLoss: { stopPrice: 1 },
  });
  const nested = await orders.getOrderByOrderID({ orderId: bracket.id, nested: true });
  seen.legs = nested.legs.map((leg) => leg.status);
  seen.fills = (await alpaca.trading.collectActivities({ activityTypes: ["FILL"] })).length;
  seen.assets = (await alpaca.trading.assets.getV2Assets({ status: "active" })).length > 0;
  await assert.rejects(
    orders.getOrderByOrderID({ orderId: "00000000-0000-4000-8000-000000000000" }),
    NotFoundError
  );
  await assert.rejects(
    orders.market({ symbol: "AAPL", side: "buy", qty: 1000000 }),
    (refusal) => {
      seen.refusal = [refusal.status, refusal.code];
      return true;
    }
  );
  await alpaca.trading.closeAllPositions({ cancelOrders: true });
  seen.left = (await positions.getAllOpenPositions()).length;
  console.log(JSON.stringify(seen));
  process.exit(0);
}

main().catch((failure) => {
  console.error(failure);
  process.exit(1);
});
