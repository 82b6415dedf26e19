import test from 'ava';
import {isBroken, isRolledBack} from '../../../source/stores/sql/errors.ts';

test('what a database rolled back in favour of another statement is known by its code, in any driver', t => {
	for (const fault of [
		{code: '40001'}, // PostgreSQL, serializable
		{code: '40P01'}, // PostgreSQL, a deadlock
		{code: 'ER_LOCK_DEADLOCK', sqlState: '40001'}, // MySQL, MariaDB with Galera
		{code: 'ER_CHECKREAD', sqlState: 'HY000'}, // MariaDB: the row has changed since it was read
		{code: 'ER_TRANSACTION_ROLLBACK_DURING_COMMIT', sqlState: '40000'}, // MySQL, a group with several primaries
	]) {
		t.true(isRolledBack(Object.assign(new Error('rolled back'), fault)), fault.code);
	}

	for (const fault of [{code: '23505'}, {code: 'ER_DUP_ENTRY', sqlState: '23000'}, {code: 'ECONNRESET'}, {}]) {
		t.false(isRolledBack(Object.assign(new Error('failed'), fault)));
	}
	t.false(isRolledBack({code: '40001'}), 'no error');
});

test('a connection that was not made in time is no lost reply: nothing was sent', t => {
	// As pg says when a connection ends, and its pool when it gives up.
	t.true(isBroken(new Error('Connection terminated')));
	t.true(isBroken(new Error('Connection terminated unexpectedly')));
	t.false(isBroken(new Error('Connection terminated due to connection timeout')));
});
