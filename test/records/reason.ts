import test from 'ava';
import {reasonOf} from '../../source/records/reason.ts';

const fault = (message: string, fields: object = {}) => Object.assign(new Error(message), fields);

test('a fault is named as its library names it', t => {
	for (const [error, name] of [
		[fault('connect ECONNREFUSED 127.0.0.1:1', {code: 'ECONNREFUSED'}), 'ECONNREFUSED'],
		[fault('password authentication failed for user "app"', {code: '28P01'}), '28P01'],
		[fault('Access denied', {code: 'ER_ACCESS_DENIED_ERROR'}), 'ER_ACCESS_DENIED_ERROR'],
		[fault('WRONGPASS invalid username-password pair or user is disabled.'), 'WRONGPASS'],
		[fault('OOM command not allowed'), 'OOM'],
		[fault('NOAUTH Authentication required.'), 'NOAUTH'],
		[fault('no', {name: 'ResourceNotFoundException'}), 'ResourceNotFoundException'],
		[fault('outer', {cause: fault('inner', {code: 'ENOTFOUND'})}), 'ENOTFOUND'],
	] as const) {
		t.is(reasonOf(error), name, error.message);
	}
});

test('what only says that it is an error is no name, and nor is what may be data', t => {
	for (const error of [
		fault('connection refused'),
		fault('ERR unknown command'),
		fault('no', {code: 11_000}),
		fault('no', {code: 'ada said: 5up3rs3cr3t'}),
		fault('no', {code: '5up3rs3cr3t'.repeat(9)}),
		fault('no', {name: 'TypeError'}),
		fault('no', {code: 'ERR_UNKNOWN'}),
		'ECONNREFUSED',
		undefined,
	]) {
		t.is(reasonOf(error), undefined);
	}
});
