import {SessionError} from '../../errors.ts';
import type {Item} from './item.ts';

/** A write whose condition didn't hold, with the item that stood in its way, where the service tells. */
export class Refusal extends Error {
	readonly item: Item | undefined;

	constructor(item: Item | undefined) {
		super('The condition of a write was not met');
		this.item = item;
	}
}

/**
Makes an error that tells the reason under the same `name`, and nothing else.

Those of the client carry the request and its answer, and a refused signature is explained with the request's headers,
from the second line on.
*/
export const withoutData = (error: unknown): Error => {
	if (error instanceof SessionError) return error;
	if (!(error instanceof Error)) return new Error('Unknown fault');
	if (error.name === 'ConditionalCheckFailedException') return new Refusal(itemOf(error));

	const {name, message, code}: NodeJS.ErrnoException = error;
	const remedy =
		name === 'ResourceNotFoundException'
			? '. Make the table once, by `createTable()` or `npx koa-server-session create-table`, or check the region'
			: '';
	const told = new Error(`${message.split('\n', 1)}${remedy}` || code || name);
	return Object.assign(told, {name}, code !== undefined && {code});
};

const itemOf = (error: Error & {Item?: Item}): Item | undefined => error.Item;
