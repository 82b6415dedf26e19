import {setTimeout as delay} from 'node:timers/promises';
import {SessionError} from '../../errors.ts';
import type {DynamoConnection} from './connection.ts';
import {attributes} from './item.ts';

const {key, subject, expiresAtSeconds} = attributes;

/** The index by subject. */
export const subjectIndex = 'subject';

/** AWS creates a table within seconds, rarely minutes. */
const patience = 5 * 60_000;

/** How long one command may take, in milliseconds: no request waits for it. */
const deadline = 30_000;

type Asking = Pick<DynamoConnection, 'ask'>;

/** Creates the table that a store needs, unless it exists. Resolves once it can be used. */
export const createTable = async (connection: DynamoConnection, table: string): Promise<void> => {
	const patient: Asking = {ask: makeCommand => connection.ask(makeCommand, deadline)};
	await create(patient, table);
	await untilUsable(patient, table);
	await turnOnExpiry(patient, table);
};

const create = async (connection: Asking, table: string): Promise<void> => {
	try {
		await connection.ask(
			({CreateTableCommand}) =>
				new CreateTableCommand({
					TableName: table,
					BillingMode: 'PAY_PER_REQUEST',
					AttributeDefinitions: [
						{AttributeName: key, AttributeType: 'S'},
						{AttributeName: subject, AttributeType: 'S'},
					],
					KeySchema: [{AttributeName: key, KeyType: 'HASH'}],
					GlobalSecondaryIndexes: [
						{
							IndexName: subjectIndex,
							// No sort key: then a touch changes nothing in the index.
							KeySchema: [{AttributeName: subject, KeyType: 'HASH'}],
							Projection: {ProjectionType: 'KEYS_ONLY'},
						},
					],
				}),
		);
	} catch (error) {
		if (!isNamed(error, 'ResourceInUseException')) throw error;
	}
};

const untilUsable = async (connection: Asking, table: string): Promise<void> => {
	const latest = performance.now() + patience;
	for (let pause = 20; ; pause = Math.min(2 * pause, 1000)) {
		if (await isUsable(connection, table)) return;
		if (performance.now() > latest)
			throw new SessionError('ERR_SESSION_STORE', `The table \`${table}\` isn't ready after ${patience} ms. Try again`);
		await delay(pause);
	}
};

const isUsable = async (connection: Asking, TableName: string): Promise<boolean> => {
	try {
		const {Table} = await connection.ask(({DescribeTableCommand}) => new DescribeTableCommand({TableName}));
		if (Table?.TableStatus !== 'ACTIVE') return false;

		const index = Table.GlobalSecondaryIndexes?.find(({IndexName}) => IndexName === subjectIndex);
		if (!index || Table.KeySchema?.length !== 1 || Table.KeySchema[0]?.AttributeName !== key)
			throw new SessionError(
				'ERR_SESSION_STORE',
				`The table \`${TableName}\` exists, but isn't one of this store: it has another key, or no index \`${subjectIndex}\`. Choose another name`,
			);
		return index.IndexStatus === 'ACTIVE';
	} catch (error) {
		// AWS may not know a table that was just created.
		if (isNamed(error, 'ResourceNotFoundException')) return false;
		throw error;
	}
};

const turnOnExpiry = async (connection: Asking, TableName: string): Promise<void> => {
	try {
		await connection.ask(
			({UpdateTimeToLiveCommand}) =>
				new UpdateTimeToLiveCommand({
					TableName,
					TimeToLiveSpecification: {Enabled: true, AttributeName: expiresAtSeconds},
				}),
		);
	} catch (error) {
		// Servers that only imitate DynamoDB keep expired items, which the store never returns.
		if (isNamed(error, 'UnknownOperationException')) return;
		// Turning it on twice is refused.
		if (!(await isExpiryOn(connection, TableName))) throw error;
	}
};

const isExpiryOn = async (connection: Asking, TableName: string): Promise<boolean> => {
	const {TimeToLiveDescription} = await connection.ask(
		({DescribeTimeToLiveCommand}) => new DescribeTimeToLiveCommand({TableName}),
	);
	const {TimeToLiveStatus, AttributeName} = TimeToLiveDescription ?? {};
	return AttributeName === expiresAtSeconds && (TimeToLiveStatus === 'ENABLED' || TimeToLiveStatus === 'ENABLING');
};

const isNamed = (error: unknown, name: string): boolean => error instanceof Error && error.name === name;
