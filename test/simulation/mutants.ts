/** A broken copy of the library: a rule of `test/scenarios/README.md`, and what to change in `source/` to break it. */
export type Mutant = {
	readonly rule: string;
	readonly edits: readonly {readonly file: string; readonly find: string; readonly replace: string}[];
};

export const mutants: readonly Mutant[] = [
	{
		rule: '8: a cookie is cleared only by a request that itself ended the session',
		edits: [
			{
				file: 'request/client.ts',
				find: "if (standing.kind !== 'stored') return undefined;",
				replace: "if (standing.kind !== 'stored') return {kind: 'clear'};",
			},
		],
	},
	{
		rule: '11: a session destroyed in the meantime stays destroyed',
		edits: [
			{
				file: 'request/joint-writes.ts',
				find: "if (answer === 'missing') lose(merged, 'ended');",
				replace: "if (answer === 'missing') await last.request.records.create(base.id, last.draft.state);",
			},
		],
	},
	{
		rule: '12: two requests that changed different things both keep their changes',
		edits: [
			{
				file: 'request/live-state.ts',
				find: 'data: checkMerged(merge(base.data, theirs.data, mine.data)),',
				replace: 'data: mine.data,',
			},
		],
	},
	{
		rule: '13: `update()` loses nothing',
		edits: [
			{
				file: 'request/update.ts',
				find: 'return isTouched && writeUpdate(request, {from: stored, live}, state, contest);',
				replace: 'return true;',
			},
		],
	},
	{
		rule: '14: expiry is extended when `touchAfter` has passed',
		edits: [
			{
				file: 'records/expiry.ts',
				find: '>= timeouts.touchAfter;',
				replace: '>= Infinity;',
			},
		],
	},
	{
		rule: '14: expiry is never extended beyond the absolute timeout',
		edits: [
			{
				file: 'records/expiry.ts',
				find: 'Math.min(now + idleTimeout, createdAt + absoluteTimeout);',
				replace: 'now + idleTimeout + 0 * (createdAt + absoluteTimeout);',
			},
			{
				file: 'records/expiry.ts',
				find: 'expiresAt <= now || createdAt + absoluteTimeout <= now;',
				replace: 'expiresAt <= now || createdAt + absoluteTimeout <= 0;',
			},
		],
	},
	{
		rule: '14: a write that extends nothing undoes no extension',
		edits: [
			{
				file: 'records/records.ts',
				find: 'known.version, knownExpiry);',
				replace: 'known.version);',
			},
		],
	},
	{
		rule: '14: a response that says less than is stored takes nothing of it back',
		edits: [
			{
				file: 'request/expiry.ts',
				find: 'return Math.max(expiresAt, Math.min(due, client.latestExpiry(expiresAt)));',
				replace: 'return Math.min(due, client.latestExpiry(expiresAt));',
			},
		],
	},
	{
		rule: '26: the record follows an extension as the headers leave',
		edits: [
			{
				file: 'request/follow-head.ts',
				find: 'if (!stored || stored.record.expiresAt >= expiresAt) return;',
				replace: 'if (!stored || stored.record.expiresAt < expiresAt) return;',
			},
		],
	},
	{
		rule: '15: the old id is dead at once',
		edits: [
			{
				file: 'request/regeneration.ts',
				find: 'await records.bury(stored, successor.key);',
				replace: "(await Promise.resolve('buried')) as 'buried' | 'conflict' | 'missing';",
			},
		],
	},
	{
		rule: '15: the old record becomes a tombstone, so that a logout finds the new one',
		edits: [
			{
				file: 'records/records.ts',
				find: 'const result = await this.#store.update(key, buried, version);\n\t\tif (typeof result',
				replace:
					"const result = (await this.#store.delete(key, version)) ? buried : ('missing' as const);\n\t\tif (typeof result",
			},
		],
	},
	{
		rule: '15: a tombstone lives longer than clocks may differ',
		edits: [{file: 'records/tombstone.ts', find: '3_600_000', replace: '60_000'}],
	},
	{
		rule: '17: what is changed after the commit is saved when the response closes',
		edits: [
			{
				file: 'request/request-session.ts',
				find: 'this.#phase.watch(this.exchange, () => this.options.finishLate(this));',
				replace: 'this.#phase.watch(this.exchange, async () => undefined);',
			},
		],
	},
	{
		rule: '24: a request that lost to another one tells nothing',
		edits: [
			{
				file: 'request/client.ts',
				find: "if (standing.kind !== 'stored') return undefined;",
				replace: "if (standing.kind !== 'stored') return this.exchange.news;",
			},
			{
				file: 'transports/koa-exchange.ts',
				find: 'this.#news.isOutdated()',
				replace: '!this.#news',
			},
		],
	},
	{
		rule: '24: a request that learns of another one before its headers leave tells nothing',
		edits: [
			{
				file: 'transports/koa-exchange.ts',
				find: 'this.#news.isOutdated()',
				replace: '!this.#news',
			},
		],
	},
	{
		rule: '24: an answer names no session that its own request has ended',
		edits: [{file: 'records/records.ts', find: 'if (!found) this.recent.lose(current);', replace: ''}],
	},
	{
		rule: '25: no session is created unless the response can carry its token',
		edits: [
			{
				file: 'request/commit.ts',
				find: "if (standing.kind === 'new' && canLearn) {",
				replace: "if (standing.kind === 'new') {",
			},
			{file: 'request/insertion.ts', find: 'isTooLate(request)', replace: 'false'},
		],
	},
	{
		rule: '25: no extension is written unless the response can carry it',
		edits: [
			{
				file: 'request/client.ts',
				find: 'if (this.canLearn) return Number.POSITIVE_INFINITY;',
				replace: "if (exchange.delivery() !== 'never') return Number.POSITIVE_INFINITY;",
			},
		],
	},
	{
		rule: '26: an extension is in the headers before the route runs',
		edits: [
			{
				file: 'request/client.ts',
				find: '|| !this.canLearn) return;',
				replace: "|| this.exchange.delivery() !== 'never') return;",
			},
		],
	},
	{
		rule: '26: a newer signature shortens no cookie that another request has just extended',
		edits: [
			{
				file: 'records/recent-sessions.ts',
				find: 'return (this.#seen.get(key) ?? 0) > record.expiresAt;',
				replace: 'return false && record.expiresAt > (this.#seen.get(key) ?? 0);',
			},
		],
	},
	{
		rule: '27: what is in the headers stays there, whatever else sets `Set-Cookie`',
		edits: [
			{
				file: 'transports/koa-exchange.ts',
				find: 'beforeHead(this.#ctx.res, () => this.#finishHead());',
				replace: 'if (!beforeHead) this.#finishHead();',
			},
		],
	},
];
