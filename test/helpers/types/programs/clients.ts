// The clients that applications pass in, by the libraries' own types.
import {DatabaseSync} from 'node:sqlite';
import {Cluster, Redis} from 'ioredis';
import {MongoStore} from 'koa-server-session/stores/mongodb';
import {RedisStore} from 'koa-server-session/stores/redis';
import {nodeSqlite, SqlStore} from 'koa-server-session/stores/sql';
import {Kysely, SqliteDialect} from 'kysely';
import {MongoClient} from 'mongodb';

const database = nodeSqlite(new DatabaseSync(':memory:'));
new SqlStore(new Kysely<{person: {id: number}}>({dialect: new SqliteDialect({database})}), {table: 'visits'});
// @ts-expect-error what Kysely needs is no Kysely
new SqlStore(database);
new RedisStore(new Redis());
new RedisStore(new Cluster([]));
new MongoStore(new MongoClient('mongodb://h'), {database: 'shop'});
