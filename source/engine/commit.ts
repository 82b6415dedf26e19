import {equal} from '../equal.ts';
import {isStoreFault} from '../errors.ts';
import {publish} from '../events.ts';
import {outcome} from '../outcome.ts';
import type {Holding} from './holding.ts';
import {regenerate} from './regeneration.ts';
import type {State, StoredSession} from './stored-session.ts';

/**
Writes what a request made of its session, by compare-and-swap, and tells the client.

@param mode `save`: everything, or it fails. `finish`: everything, but for what a failing store may cost a request that
ends. `discard`: only what a request that failed keeps, a new id or the end of a session.
*/
export const commit = async (holding: Holding, mode: 'save' | 'finish' | 'discard'): Promise<void> => {
	if (holding.hasForgotten) await holding.endForgotten();
	if (holding.isMoving) await regenerate(holding, mode === 'discard' ? mode : 'save');
	else if (mode === 'discard') reportDiscarded(holding);
	else if (holding.stored) await writeStored(holding);
	else await writeNew(holding, mode);
	holding.deliver();
};

const writeNew = async (holding: Holding, mode: 'save' | 'finish'): Promise<void> => {
	const {standing, live, exchange} = holding;
	const delivery = live.hasContent ? exchange.delivery() : 'possible';
	const decision = outcome({
		standing: standing === 'open' ? 'new' : 'closed',
		change: live.hasContent ? 'some' : 'none',
		isDeliverable: delivery === 'possible',
		isTouchDue: false,
	});

	if (decision === 'create') {
		const create = () => holding.create(live.state);
		await (mode === 'save' ? create() : tolerate(holding, create));
	}

	if (decision !== 'drop') return;
	if (mode === 'save') holding.checkAvailable();
	if (delivery === 'sent') publish('late-write', () => ({session: '', path: exchange.path}));
	publish('lost', () => ({session: '', reason: standing === 'open' ? 'undeliverable' : standing}));
};

const writeStored = async (holding: Holding): Promise<void> => {
	const {live, records, exchange} = holding;
	for (let tries = 1; holding.stored; tries++) {
		const {stored} = holding;
		const {state, generation} = live;
		const bytes = live.isUsed ? stored.encode(state) : stored.record.bytes;
		const isSame = bytes === stored.record.bytes && state.subject === stored.record.subject;
		const decision = outcome({
			standing: 'stored',
			change: bytes === undefined ? 'emptied' : isSame ? 'none' : 'some',
			isDeliverable: true,
			isTouchDue: records.dueExpiry(stored.record.expiresAt, state.createdAt) !== undefined,
		});

		if (decision === 'nothing') return;
		if (decision === 'delete' || bytes === undefined) {
			holding.forget();
			return holding.endForgotten();
		}

		const expiresAt = holding.expiryOf(stored, state);
		const answer =
			decision === 'touch'
				? await tolerate(holding, () => records.touch(stored, expiresAt))
				: await records.replace(stored, bytes, expiresAt, state);

		if (answer === undefined) return;
		if (typeof answer !== 'string') {
			if (decision === 'update' && exchange.delivery() === 'sent') {
				publish('late-write', () => ({session: holding.name, path: exchange.path}));
			}

			return holding.take(answer, generation);
		}

		const changes = {hasChanges: decision === 'update'};
		if (answer === 'missing') return holding.lose(stored, 'ended', changes);
		const catchUp = () => holding.catchUp(stored, tries, changes);
		if (!(await (decision === 'touch' ? tolerate(holding, catchUp) : catchUp()))) return;
	}
};

/** With `onStoreError: 'anonymous'`, a failing store costs no request that loses nothing the client was promised. */
const tolerate = async <Result>(holding: Holding, work: () => Promise<Result>): Promise<Result | undefined> => {
	try {
		return await work();
	} catch (error) {
		if (!holding.isTolerant || !isStoreFault(error)) throw error;
		holding.notice.mustIssue = false;
		return undefined;
	}
};

const reportDiscarded = ({live, stored, name}: Holding): void => {
	if (live.isUsed && (stored ? hasChanged(stored, live.state) : live.hasContent)) {
		publish('lost', () => ({session: name, reason: 'failed'}));
	}
};

const hasChanged = (stored: StoredSession, state: State): boolean => {
	try {
		// Not by its bytes: they differ already where an older codec or key wrote what is stored.
		return !equal(state, stored.state());
	} catch {
		// What can't even be compared wasn't stored before.
		return true;
	}
};
