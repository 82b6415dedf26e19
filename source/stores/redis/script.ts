import {createHash} from 'node:crypto';
import {SessionError} from '../../errors.ts';
import type {Argument, RedisCommands} from './commands.ts';

/** A Lua script, and the hash under which Redis keeps it. */
export type Script = {readonly lua: string; readonly sha1: string};

/**
Scripts reply with texts and lists of them only. What else a client makes of a reply depends on its options: a number may
come as a text, and nothing as `null`, `undefined` or `false`.
*/
export const script = (lua: string): Script => ({lua, sha1: createHash('sha1').update(lua).digest('hex')});

/** Runs a script on one key, and reads its reply. */
export const run = <Result>(
	commands: RedisCommands,
	script: Script,
	key: string,
	args: readonly Argument[],
	read: (reply: unknown) => Result,
): Promise<Result> => {
	for (const argument of args) if (Buffer.isBuffer(argument)) conceal(argument);
	if (withoutEvalsha.has(commands)) return commands.eval(script.lua, key, args).then(read);
	// `then()` instead of `await`: an `async` function would cost each call another promise.
	return commands
		.evalsha(script.sha1, key, args)
		.then(read, async error => read(await runByText(commands, script, key, args, error)));
};

/**
Runs a script by its text if its hash was refused.

@param error What the hash was answered with.
@throws That error if it has another reason.
*/
const runByText = async (
	commands: RedisCommands,
	{lua}: Script,
	key: string,
	args: readonly Argument[],
	error: unknown,
): Promise<unknown> => {
	const message = error instanceof Error ? error.message : '';
	// A server that is new, restarted or flushed doesn't have the script. `EVAL` runs it and keeps it.
	if (message.startsWith('NOSCRIPT')) return commands.eval(lua, key, args);
	if (!isRefused.test(message)) throw error;

	const reply = await commands.eval(lua, key, args);
	withoutEvalsha.add(commands);
	return reply;
};

/**
Keeps the data of sessions out of traces. What instruments a client, as OpenTelemetry's packages do, writes the arguments of
scripts into its spans: as texts, whereas client libraries send the octets.
*/
const conceal = (octets: Buffer): void => {
	octets.toString = sayLength;
};

/** One function for all: a closure for each would cost more than the text. */
function sayLength(this: Buffer): string {
	return `[${this.length} bytes]`;
}

/** The command itself is unknown or forbidden. */
const isRefused = /^(?:NOPERM|ERR unknown).*\bevalsha\b/is;

const withoutEvalsha = new WeakSet<RedisCommands>();

/** Runs a script that replies with one of these words. */
export const ask = <Word extends string>(
	commands: RedisCommands,
	words: readonly Word[],
	script: Script,
	key: string,
	args: readonly Argument[],
): Promise<Word> => run(commands, script, key, args, reply => toWord(reply, words));

/**
Asks for a write that counts once, although the client may send it again after it lost a connection.

@param otherVersion The reply if the record has another version than the write expects.
@throws SessionError If it is the reply to what was sent again: the first copy may have been written and replaced.
*/
export const askOnce = <Word extends string>(
	commands: RedisCommands,
	words: readonly Word[],
	otherVersion: Word,
	script: Script,
	key: string,
	args: readonly Argument[],
): Promise<Word> => {
	const before = commands.losses();
	return run(commands, script, key, args, reply => {
		const word = toWord(reply, words);
		if (word === otherVersion && commands.losses() !== before) throw lostReply();
		return word;
	});
};

const toWord = <Word extends string>(reply: unknown, words: readonly Word[]): Word => {
	const text = toText(reply);
	const word = words.find(each => each === text);
	if (word === undefined) throw unexpectedReply(words.map(each => `\`${each}\``).join(' or '));
	return word;
};

const lostReply = (): SessionError =>
	new SessionError(
		'ERR_SESSION_STORE',
		'A connection to Redis was lost before the reply to a write, and another process has written the record. Nobody knows whether that write came first',
	);

/** Runs a script that replies with a list of texts. */
export const askForList = (
	commands: RedisCommands,
	script: Script,
	key: string,
	args: readonly Argument[],
): Promise<string[]> => run(commands, script, key, args, toTexts);

/** @throws Error If a reply isn't a list of texts. */
export const toTexts = (reply: unknown): string[] => {
	if (!Array.isArray(reply)) throw unexpectedReply('a list');
	return reply.map(toText);
};

/** @throws Error If a reply isn't a text. */
export const toText = (reply: unknown): string => {
	if (typeof reply === 'string') return reply;
	if (!Buffer.isBuffer(reply)) throw unexpectedReply('a text');
	return reply.toString();
};

/** The reply isn't quoted, since it may be data. */
export const unexpectedReply = (expected: string): Error =>
	new Error(
		`Expected Redis to reply with ${expected}, got something else. Does something between the client and the server change replies?`,
	);

/** Redis adds the time to live to its own clock, and refuses what goes over 64 bits. */
const longestTimeToLive = 2 ** 52;

/** What is left until `expiresAt`, in milliseconds. */
export const timeToLive = (expiresAt: number, now: number): number =>
	Math.min(Math.ceil(expiresAt - now), longestTimeToLive);
