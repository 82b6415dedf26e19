import {isObserved, publish, type StoreCallResult, storeCalls} from '../events.ts';
import type {Operation} from './store-answers.ts';

const {start, end, asyncStart, asyncEnd, error} = storeCalls;

/** Whether anybody watches store calls, as events or as spans. One by one, because Bun has no `TracingChannel.hasSubscribers`. */
export const areCallsObserved = (): boolean =>
	start.hasSubscribers ||
	end.hasSubscribers ||
	asyncStart.hasSubscribers ||
	asyncEnd.hasSubscribers ||
	error.hasSubscribers ||
	isObserved('store-call');

/** What a store answered, without what is in a record. */
const resultOf = (operation: Operation, answer: unknown): StoreCallResult => {
	if (operation === 'update' && (answer === 'conflict' || answer === 'missing')) return answer;
	if (operation === 'create' && answer === undefined) return 'taken';
	if (operation === 'read' && answer === undefined) return 'missing';
	return answer === false ? 'unchanged' : 'done';
};

/** Makes a call for those who watch store calls. */
export const observeCall = async <Answer>(
	operation: Operation,
	session: string,
	call: () => Promise<Answer>,
): Promise<Answer> => {
	const startedAt = performance.now();
	let answer: Answer | undefined;
	try {
		await storeCalls.tracePromise(
			async () => {
				answer = await call();
				return resultOf(operation, answer);
			},
			{session, operation},
		);
		return answer as Answer;
	} finally {
		const duration = performance.now() - startedAt;
		publish('store-call', () => ({session, operation, duration}));
	}
};
