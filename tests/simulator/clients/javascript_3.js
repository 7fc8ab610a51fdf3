// Alpaca's JavaScript library, the third line (@alpacahq/alpaca-trade-api 3.x), unmodified.
// Run with NODE_PATH naming its folder: node javascript_3.js BASE_URL KEY SECRET. Prints JSON.
"use strict";
const assert = require("node:assert");
const Alpaca = require("alpaca-3");

const [baseUrl, keyId, secretKey] = process.argv.slice(2);
const WAIT_MS = 20000;
const events = [];
const waiting = [];

function told(event, id) {
  return events.some((seen) => seen[0] === event && seen[1] === id);
}

function until(event, id) {
  if (told(event, id)) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const late = () => reject(new Error(`no ${event}: ${JSON.stringify(events)}`));
    const timer = setTimeout(late, WAIT_MS);
    waiting.push({ event, id, done: () => (clearTimeout(timer), resolve()) });
  });
}

function listen(alpaca) {
  const stream = alpaca.trade_ws;
  stream.onOrderUpdate((update) => {
    events.push([update.event, update.order.id]);
    waiting.filter((each) => told(each.event, each.id)).forEach((each) => each.done());
  });
  const ready = new Promise((resolve) => {
    stream.onConnect(() => {
      stream.conn.on("message", (raw) => {
        if (String(raw).includes('"listening"')) resolve();
      });
      stream.subscribe(["trade_updates"]);
    });
  });
  stream.connect();
  return ready;
}

async function main() {
  const alpaca = new Alpaca({ keyId, secretKey, baseUrl, dataBaseUrl: baseUrl });
  const order = (more) =>
    alpaca.createOrder({ symbol: "AAPL", qty: 1, side: "buy", time_in_force: "day", ...more });
  const seen = { account: (await alpaca.getAccount()).status };
  await listen(alpaca);
  const first = await order({ type: "limit", limit_price: 100 });
  await until("new", first.id);
  const second = await alpaca.replaceOrder(first.id, { limit_price: 101 });
  await until("replaced", first.id);
  seen.replaced = (await alpaca.getOrder(first.id)).replaced_by === second.id;
  seen.listed = (await alpaca.getOrders({ status: "open" })).map((row) => row.id).join() === second.id;
  await alpaca.cancelOrder(second.id);
  await until("canceled", second.id);
  const bought = await order({ type: "market", qty: 5, client_order_id: "script" });
  await until("fill", bought.id);
  seen.by_client_id = (await alpaca.getOrderByClientId("script")).id === bought.id;
  seen.position = (await alpaca.getPosition("AAPL")).qty;
  const fills = await alpaca.getAccountActivities({ activityTypes: "FILL" });
  seen.fills = fills.length;
  seen.trade = (await alpaca.getLatestTrade("AAPL")).Price;
  const bars = [];
  const query = { start: "2020-01-01", timeframe: alpaca.newTimeframe(1, alpaca.timeframeUnit.MIN) };
  for await (const bar of alpaca.getBarsV2("AAPL", query)) bars.push(bar);
  seen.bars = bars.length > 0;
  await assert.rejects(order({ type: "market", qty: 1000000 }), (refusal) => {
    seen.refusal = [refusal.response.status, refusal.response.data.code];
    return true;
  });
  await alpaca.cancelAllOrders();
  await alpaca.closeAllPositions();
  seen.left = (await alpaca.getPositions()).length;
  console.log(JSON.stringify(seen));
  process.exit(0);
}

main().catch((failure) => {
  console.error(failure);
  process.exit(1);
});
