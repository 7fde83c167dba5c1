/**
 * A method of a service as both sides see it: its path, how its messages are written, and who may call it. What the server has to
 * implement and what a client can call are types that follow from it.
 */

/** Each includes those before it. */
export const ROLES = ['read', 'submit', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** A generated message class. */
export interface MessageType<Given, Read extends Given> {
  encode(message: Given): { finish(): Uint8Array };
  decode(bytes: Uint8Array): Read;
}

export type MethodKind = 'unary' | 'serverStream' | 'bidiStream';

/** @template Request as a caller gives it. @template ReadRequest as the server reads it; so for responses. */
export interface Method<
  Kind extends MethodKind = MethodKind,
  Request = unknown,
  ReadRequest extends Request = Request,
  Response = unknown,
  ReadResponse extends Response = Response,
> {
  readonly kind: Kind;
  readonly role: Role;
  readonly request: MessageType<Request, ReadRequest>;
  readonly response: MessageType<Response, ReadResponse>;
}

// biome-ignore lint/suspicious/noExplicitAny: methods of all messages; nothing but a variance that unknown does not have.
export type AnyMethod = Method<MethodKind, any, any, any, any>;

/** @template Methods by their names in TypeScript: `submitJob` for SubmitJob. */
export interface Service<Methods extends Readonly<Record<string, AnyMethod>> = Readonly<Record<string, AnyMethod>>> {
  /** With its package: `auspex.v1.JobService`. */
  readonly name: string;
  readonly methods: Methods;
}

/** The method's name in the protocol. */
export function protocolName(name: string): string {
  return `${name[0]!.toUpperCase()}${name.slice(1)}`;
}

export function pathOf(service: Service, name: string): string {
  return `/${service.name}/${protocolName(name)}`;
}

function method<Kind extends MethodKind>(kind: Kind) {
  return <Request, ReadRequest extends Request, Response, ReadResponse extends Response>(
    role: Role,
    request: MessageType<Request, ReadRequest>,
    response: MessageType<Response, ReadResponse>,
  ): Method<Kind, Request, ReadRequest, Response, ReadResponse> => ({ kind, role, request, response });
}

export const unary = method('unary');
export const serverStream = method('serverStream');
export const bidiStream = method('bidiStream');
