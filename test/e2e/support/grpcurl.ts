import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { status } from '@grpc/grpc-js';
import type { KubernetesBinaries } from '../../kubernetes/binaries.ts';
import { ROOT } from './shipped.ts';

const run = promisify(execFile);
const PROTO = join(ROOT, 'proto');

/** How a call ended. */
export interface GrpcAnswer {
  /** Name of the status, as `NOT_FOUND`; "OK" when there was no error. */
  readonly status: string;
  readonly message: string;
  /** The messages that came, in order. */
  readonly messages: readonly unknown[];
}

export interface GrpcCall {
  /** `host:port` */
  readonly target: string;
  /** Below proto/. */
  readonly contract: string;
  /** `package.Service/Method` */
  readonly method: string;
  /** Requests, in order. */
  readonly requests: readonly object[];
  /** Plaintext when absent. */
  readonly tls?: { readonly caFile: string; readonly serverName: string };
  readonly token?: string;
  /** After this time the call is given up; for streams that do not end. */
  readonly maxSeconds?: number;
}

/** Calls by grpcurl: a gRPC implementation that is not ours. */
export async function grpcurl(binaries: KubernetesBinaries, call: GrpcCall): Promise<GrpcAnswer> {
  const { tls, token } = call;
  const args = [
    ...(tls === undefined ? ['-plaintext'] : ['-cacert', tls.caFile, '-authority', tls.serverName]),
    ...(token === undefined ? [] : ['-H', `authorization: Bearer ${token}`]),
    ...['-max-time', String(call.maxSeconds ?? 5), '-import-path', PROTO, '-proto', call.contract],
    ...['-d', call.requests.map((each) => JSON.stringify(each)).join('\n'), '-format-error'],
    call.target,
    call.method,
  ];
  const answer = await run(binaries.path('grpcurl'), args).then(
    ({ stdout }) => ({ stdout, stderr: '' }),
    (error: unknown) => error as { stdout: string; stderr: string },
  );
  return { ...statusOf(answer.stderr), messages: messagesOf(answer.stdout) };
}

function statusOf(errors: string): Pick<GrpcAnswer, 'status' | 'message'> {
  if (errors === '') return { status: 'OK', message: '' };
  const start = errors.indexOf('{');
  if (start < 0) return { status: 'UNKNOWN', message: errors };
  const error = JSON.parse(errors.slice(start)) as { code: number; message: string };
  return { status: status[error.code] ?? 'UNKNOWN', message: error.message };
}

/** grpcurl prints each message as an indented object: one ends where a line is a lone brace. */
function messagesOf(output: string): unknown[] {
  const texts = output.split(/(?<=^\})\n/m).filter((text) => text.trim() !== '');
  return texts.map((text) => JSON.parse(text));
}
