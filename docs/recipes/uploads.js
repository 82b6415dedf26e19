// File uploads with @koa/multer. The session holds the file's name, never its bytes.
//
//   npm install koa koa-server-session @koa/multer multer
import multer from '@koa/multer';
import Koa from 'koa';
import session from 'koa-server-session';

const uploads = './uploads';
const upload = multer({dest: uploads, limits: {files: 1, fileSize: 10_000_000}});

const app = new Koa();
app.keys = ['a secret of 32 characters or more'];
app.use(session(app, {store: 'file:./sessions'}));

app.use(async (ctx, next) => {
	if (ctx.method !== 'POST' || ctx.path !== '/files') return next();
	// Before a byte of the file is read.
	if (!ctx.session.subject) ctx.throw(401);
	await upload.single('file')(ctx, async () => {
		// The upload took its time, in which others may have ended. `update` loses none of them.
		await ctx.session.update(session => {
			session.files = [...(session.files ?? []), ctx.file.originalname];
		});
		ctx.body = ctx.session.files;
	});
});

app.use(async ctx => {
	if (ctx.path === '/login') {
		await ctx.session.regenerate({keep: false}); // a new id, and no files of another user
		ctx.session.subject = 'ada';
	}

	ctx.body = ctx.session.files ?? [];
});

app.listen(3000);
