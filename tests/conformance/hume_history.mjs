// The official HumeClient reads the chat history of our EVI stand-in: chats, the events of one, chat groups. What the
// bridge compares its record with must satisfy Hume's own client and Hume's own strict schemas.
import assert from "node:assert/strict";
import { HumeClient, check, humeSchemas, startStandins, until } from "./harness.mjs";

const apiKey = "invented-key";

/** A chat that got as far as a message of this type and was closed then. */
async function haveChat(client, lastType, resumedChatGroupId) {
  const socket = client.empathicVoice.chat.connect({
    reconnectAttempts: 0,
    resumedChatGroupId,
    sessionSettings: { audio: { encoding: "linear16", sampleRate: 8000, channels: 1 } },
  });
  const messages = [];
  socket.on("message", (message) => messages.push(message));
  socket.on("error", () => {});
  await until(`a ${lastType}`, () => messages.some((message) => message.type === lastType));
  socket.close();
  const { chatId } = messages[0];
  await until("the end in the history", async () => {
    const page = await client.empathicVoice.chats.listChatEvents(chatId);
    return page.response.status !== "ACTIVE";
  });
  const said = messages.filter((message) => message.type === "assistant_message").map((message) => message.message.content);
  return { metadata: messages[0], said };
}

async function all(page) {
  const items = [];
  for await (const item of page) items.push(item);
  return items;
}

/** The body as it came, read by the schema that knows no key beside its own. */
async function readStrictly(url, path, schema) {
  const answer = await fetch(`${url}${path}`, { headers: { "X-Hume-Api-Key": apiKey } });
  const parsed = schema.parse(await answer.json(), { unrecognizedObjectKeys: "fail" });
  assert.ok(parsed.ok, JSON.stringify(parsed.errors));
  return parsed.value;
}

async function checkReading(standins) {
  const client = new HumeClient({ apiKey, environment: standins.urls.evi });
  const first = await haveChat(client, "assistant_end");
  const { chatId, chatGroupId } = first.metadata;
  const second = await haveChat(client, "chat_metadata", chatGroupId);
  const { chats, chatGroups } = client.empathicVoice;
  await check("hume's client lists the stand-in's chats, newest first when asked to", async () => {
    const listed = await all(await chats.listChats({ pageSize: 1, ascendingOrder: false }));
    assert.deepEqual(listed.map((chat) => chat.id), [second.metadata.chatId, chatId]);
    assert.ok(listed.every((chat) => chat.status === "USER_ENDED" && chat.endTimestamp >= chat.startTimestamp));
  });
  await check("hume's client reads the events of a chat, page by page, with the words that were said", async () => {
    const events = await all(await chats.listChatEvents(chatId, { pageSize: 2, ascendingOrder: true }));
    assert.equal(events[0].type, "CHAT_START_MESSAGE");
    assert.equal(events.at(-1).type, "CHAT_END_MESSAGE");
    const agent = events.filter((event) => event.type === "AGENT_MESSAGE");
    assert.deepEqual(agent.map((event) => event.messageText), first.said);
    assert.ok(agent.every((event) => event.role === "AGENT" && event.chatId === chatId));
    assert.equal(new Set(events.map((event) => event.id)).size, events.length);
  });
  await check("hume's client finds both chats of a resumed conversation in one group", async () => {
    const [group] = await all(await chatGroups.listChatGroups({ pageSize: 10 }));
    assert.deepEqual([group.id, group.numChats, group.active], [chatGroupId, 2, false]);
    const page = await chatGroups.getChatGroup(chatGroupId, { pageSize: 100, ascendingOrder: true });
    assert.deepEqual(page.chatsPage.map((chat) => chat.id), [chatId, second.metadata.chatId]);
    const events = await all(await chatGroups.listChatGroupEvents(chatGroupId, { pageSize: 3 }));
    assert.deepEqual([...new Set(events.map((event) => event.chatId))], [chatId, second.metadata.chatId]);
  });
  await check("hume's strict schemas accept every page of the stand-in's history", async () => {
    const { evi } = standins.urls;
    await readStrictly(evi, "/v0/evi/chats?page_size=100", humeSchemas.ReturnPagedChats);
    await readStrictly(evi, `/v0/evi/chats/${chatId}?page_size=100`, humeSchemas.ReturnChatPagedEvents);
    await readStrictly(evi, "/v0/evi/chat_groups?page_size=100", humeSchemas.ReturnPagedChatGroups);
    await readStrictly(evi, `/v0/evi/chat_groups/${chatGroupId}`, humeSchemas.ReturnChatGroupPagedChats);
    await readStrictly(evi, `/v0/evi/chat_groups/${chatGroupId}/events`, humeSchemas.ReturnChatGroupPagedEvents);
  });
  await check("hume's client is told of a bad page size, an unknown chat and a wrong key", async () => {
    await assert.rejects(chats.listChats({ pageSize: 101 }), (error) => error.statusCode === 400);
    await assert.rejects(chats.listChatEvents("no-such-chat"), (error) => error.statusCode === 404);
    const stranger = new HumeClient({ apiKey: "another-key", environment: standins.urls.evi });
    await assert.rejects(stranger.empathicVoice.chats.listChats(), (error) => error.statusCode === 401);
  });
}

export async function checkHumeHistory() {
  const standins = await startStandins(["--evi", "--evi-api-key", apiKey]);
  try {
    await checkReading(standins);
  } finally {
    await standins.stop();
  }
}
