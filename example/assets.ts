import {createHash} from 'node:crypto';
import {readFileSync} from 'node:fs';
import {extname, join} from 'node:path';
import type {Middleware} from 'koa';

const load = (name: string) => {
	const body = readFileSync(join(import.meta.dirname, name));
	return [name, {body, etag: createHash('sha256').update(body).digest('base64url')}] as const;
};

const assets = new Map([load('style.css'), load('icon.svg')]);

/** Serves files that are the same for everybody. It comes before the session, so they cost no store calls. */
export const serveAssets: Middleware = async (ctx, next) => {
	const asset = assets.get(ctx.path.slice(1));
	if (!asset || (ctx.method !== 'GET' && ctx.method !== 'HEAD')) return next();

	ctx.status = 200;
	ctx.etag = asset.etag;
	ctx.set('Cache-Control', 'no-cache');
	ctx.type = extname(ctx.path);
	if (ctx.fresh) ctx.status = 304;
	else ctx.body = asset.body;
};
