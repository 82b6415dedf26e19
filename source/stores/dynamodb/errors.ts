import {SessionError} from '../../errors.ts';
import type {Item} from './item.ts';

/** A write whose condition didn't hold, with the item that was in the way if the service returns it. */
export class Refusal extends Error {
	readonly item: Item | undefined;

	/** Why an earlier copy of the write got no reply, so that it may have been written. `undefined` if there was none. */
	readonly lost: unknown;

	constructor(item: Item | undefined, lost: unknown) {
		super('The condition of a write was not met');
		this.item = item;
		this.lost = lost;
	}
}

/**
Whether a try may have been written although it failed: the service refused it in no reply.

A reply that breaks off after its head is an error with the status of that head, such as 200.
*/
export const isUndecided = (error: unknown): boolean => {
	const {$metadata: {httpStatusCode = 500} = {}} = error as {$metadata?: {httpStatusCode?: number}};
	return httpStatusCode < 400 || httpStatusCode >= 500;
};

const raiseCapacity =
	'DynamoDB refused the request as one too many: raise the capacity of the table, or bill it per request';

/** What to do, by the name of an error. */
const remedies: Readonly<Record<string, string>> = {
	ResourceNotFoundException:
		'Create the table once with `createTable()` or `npx koa-server-session create-table`, or check the region',
	ProvisionedThroughputExceededException: raiseCapacity,
	ThrottlingException: raiseCapacity,
	RequestLimitExceeded: raiseCapacity,
	AccessDeniedException: 'See the rights that the store needs in docs/stores.md',
};

/**
Makes an error with the reason and the same `name`, and nothing else.

Errors of the client carry the request and its response. The message about a refused signature quotes the request's headers
after its first line.

@param lost Why an earlier try got no reply, if so.
*/
export const withoutData = (error: unknown, lost?: unknown): Error => {
	if (error instanceof SessionError) return error;
	if (!(error instanceof Error)) return new Error('Unknown fault');
	if (error.name === 'ConditionalCheckFailedException') {
		return new Refusal(itemOf(error), lost && withoutData(lost));
	}

	const {name, message, code}: NodeJS.ErrnoException = error;
	const remedy = remedies[name] === undefined ? '' : `. ${remedies[name]}`;
	const [reason = ''] = message.split('\n', 1);
	const told = new Error(`${remedy ? reason.replace(/\.$/, '') : reason}${remedy}` || code || name);
	return Object.assign(told, {name}, code !== undefined && {code});
};

const itemOf = (error: Error & {Item?: Item}): Item | undefined => error.Item;
