import {publish} from '../events.ts';
import {changedWithin, destroyed} from '../records/errors.ts';
import type {State, StoredSession} from '../records/stored-session.ts';
import type {Data, Session} from '../session.ts';
import {Draft} from './draft.ts';
import type {Holding} from './holding.ts';
import {regenerate} from './regeneration.ts';

/** Runs work of one request, one piece after another. */
export type Queue = <Result>(work: () => Promise<Result>) => Promise<Result>;

/** What a try begins with: the stored state, and which of the request's sessions that was. */
type Start = {readonly from: StoredSession | undefined; readonly generation: number};

/** As many updates at once may be made by one request. More collisions mean that its function causes them by itself. */
const maxRuns = 1000;

/**
Changes a session exactly: `change` runs on the newest stored state, again and again until its write wins.

It runs outside of the queue, so that one update within another, or beside it, can't wait for itself.
*/
export const update = async <Result>(
	holding: Holding,
	inTurn: Queue,
	change: (session: Session<Data>) => Result | Promise<Result>,
): Promise<Result> => {
	for (let tries = 1; tries <= maxRuns; tries++) {
		const start = await inTurn(() => prepare(holding));
		const draft = new Draft(holding, start.from);
		const result = await change(draft.session as unknown as Session<Data>);
		if (await inTurn(() => write(holding, start, draft.state, tries))) return result;
	}

	throw changedWithin(maxRuns);
};

/** What to start from. A new id that isn't written yet comes first, with what is stored; unsaved changes stay unsaved. */
const prepare = async (holding: Holding): Promise<Start> => {
	if (holding.isMoving) {
		await regenerate(holding, 'discard');
		holding.deliver();
	}

	holding.checkAvailable();
	if (holding.standing !== 'open' || holding.isEnded) throw destroyed();
	return {from: holding.stored, generation: holding.live.generation};
};

/** Writes what became of `from`; `false` if that isn't the newest state any more. */
const write = async (holding: Holding, {from, generation}: Start, state: State, tries: number): Promise<boolean> => {
	if (holding.stored !== from || holding.live.generation !== generation || holding.isMoving) return false;
	if (!from) {
		await createFrom(holding, state);
		return true;
	}

	const bytes = from.encode(state);
	if (bytes === from.record.bytes && state.subject === from.record.subject) {
		// Where nothing is written, no compare-and-swap tells whether the function saw the newest state.
		if (await holding.records.isNewest(from)) return true;
		if (await holding.catchUp(from, tries, {hasChanges: false})) return false;
		throw destroyed();
	}

	if (bytes === undefined) {
		holding.forget();
		await holding.endForgotten();
		return true;
	}

	const answer = await holding.records.replace(from, bytes, holding.expiryOf(from, state), state);
	if (answer === 'conflict' && (await holding.catchUp(from, tries, {hasChanges: true}))) return false;
	if (answer === 'missing') holding.lose(from, 'ended', {hasChanges: true});
	if (typeof answer === 'string') throw destroyed();

	if (generation === holding.live.generation) holding.rebase(from.state(), answer.state());
	holding.take(answer, generation);
	holding.deliver();
	return true;
};

/** Stores a new session of what `update()` made alone; the route's own changes come with the commit. */
const createFrom = async (holding: Holding, state: State): Promise<void> => {
	const {live, exchange} = holding;
	if (state.subject === undefined && !state.flashes && Object.keys(state.data).length === 0) return;

	if (exchange.delivery() !== 'possible') {
		publish('lost', () => ({session: '', reason: 'undeliverable'}));
		return;
	}

	const {generation, blank} = live;
	await holding.create(state);
	if (generation === live.generation && holding.stored) holding.rebase(blank, holding.stored.state());
	holding.deliver();
};
