import * as $protobuf from "../protobuf.js";
import Long = require("long");

/** Namespace auspex. */
export namespace auspex {

    /** Namespace actors. */
    namespace actors {

        /** Namespace v1. */
        namespace v1 {

            /**
             * Properties of a Frame.
             * @deprecated Use auspex.actors.v1.Frame.$Properties instead.
             */
            interface IFrame extends auspex.actors.v1.Frame.$Properties {
            }

            /** Represents a Frame. */
            class Frame {

                /**
                 * Constructs a new Frame.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: auspex.actors.v1.Frame.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Frame sequence. */
                sequence: number;

                /** Frame hello. */
                hello?: (auspex.actors.v1.Hello.$Properties|null);

                /** Frame welcome. */
                welcome?: (auspex.actors.v1.Welcome.$Properties|null);

                /** Frame refused. */
                refused?: (auspex.actors.v1.Refused.$Properties|null);

                /** Frame heartbeat. */
                heartbeat?: (auspex.actors.v1.Heartbeat.$Properties|null);

                /** Frame goodbye. */
                goodbye?: (auspex.actors.v1.Goodbye.$Properties|null);

                /** Frame envelope. */
                envelope?: (auspex.actors.v1.Envelope.$Properties|null);

                /** Frame chunk. */
                chunk?: (auspex.actors.v1.Chunk.$Properties|null);

                /** Frame accepted. */
                accepted?: (auspex.actors.v1.Accepted.$Properties|null);

                /** Frame rejected. */
                rejected?: (auspex.actors.v1.Rejected.$Properties|null);

                /** Frame askFailed. */
                askFailed?: (auspex.actors.v1.AskFailed.$Properties|null);

                /** Frame watch. */
                watch?: (auspex.actors.v1.Watch.$Properties|null);

                /** Frame unwatch. */
                unwatch?: (auspex.actors.v1.Unwatch.$Properties|null);

                /** Frame terminated. */
                terminated?: (auspex.actors.v1.Terminated.$Properties|null);

                /** Frame body. */
                body?: ("hello"|"welcome"|"refused"|"heartbeat"|"goodbye"|"envelope"|"chunk"|"accepted"|"rejected"|"askFailed"|"watch"|"unwatch"|"terminated");

                /**
                 * Creates a new Frame instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns Frame instance
                 */
                static create(properties: auspex.actors.v1.Frame.$Shape): auspex.actors.v1.Frame & auspex.actors.v1.Frame.$Shape;
                static create(properties?: auspex.actors.v1.Frame.$Properties): auspex.actors.v1.Frame;

                /**
                 * Encodes the specified Frame message. Does not implicitly {@link auspex.actors.v1.Frame.verify|verify} messages.
                 * @param message Frame message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: auspex.actors.v1.Frame.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a Frame message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {auspex.actors.v1.Frame & auspex.actors.v1.Frame.$Shape} Frame
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.actors.v1.Frame & auspex.actors.v1.Frame.$Shape;
            }

            namespace Frame {

                /** Properties of a Frame. */
                interface $Properties {

                    /** Frame sequence */
                    sequence?: (number|null);

                    /** Frame hello */
                    hello?: (auspex.actors.v1.Hello.$Properties|null);

                    /** Frame welcome */
                    welcome?: (auspex.actors.v1.Welcome.$Properties|null);

                    /** Frame refused */
                    refused?: (auspex.actors.v1.Refused.$Properties|null);

                    /** Frame heartbeat */
                    heartbeat?: (auspex.actors.v1.Heartbeat.$Properties|null);

                    /** Frame goodbye */
                    goodbye?: (auspex.actors.v1.Goodbye.$Properties|null);

                    /** Frame envelope */
                    envelope?: (auspex.actors.v1.Envelope.$Properties|null);

                    /** Frame chunk */
                    chunk?: (auspex.actors.v1.Chunk.$Properties|null);

                    /** Frame accepted */
                    accepted?: (auspex.actors.v1.Accepted.$Properties|null);

                    /** Frame rejected */
                    rejected?: (auspex.actors.v1.Rejected.$Properties|null);

                    /** Frame askFailed */
                    askFailed?: (auspex.actors.v1.AskFailed.$Properties|null);

                    /** Frame watch */
                    watch?: (auspex.actors.v1.Watch.$Properties|null);

                    /** Frame unwatch */
                    unwatch?: (auspex.actors.v1.Unwatch.$Properties|null);

                    /** Frame terminated */
                    terminated?: (auspex.actors.v1.Terminated.$Properties|null);

                    /** Frame body */
                    body?: ("hello"|"welcome"|"refused"|"heartbeat"|"goodbye"|"envelope"|"chunk"|"accepted"|"rejected"|"askFailed"|"watch"|"unwatch"|"terminated");

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Narrowed shape of a Frame. */
                type $Shape = {
                  sequence?: number|null;
                  hello?: auspex.actors.v1.Hello.$Shape|null;
                  welcome?: auspex.actors.v1.Welcome.$Shape|null;
                  refused?: auspex.actors.v1.Refused.$Shape|null;
                  heartbeat?: auspex.actors.v1.Heartbeat.$Shape|null;
                  goodbye?: auspex.actors.v1.Goodbye.$Shape|null;
                  envelope?: auspex.actors.v1.Envelope.$Shape|null;
                  chunk?: auspex.actors.v1.Chunk.$Shape|null;
                  accepted?: auspex.actors.v1.Accepted.$Shape|null;
                  rejected?: auspex.actors.v1.Rejected.$Shape|null;
                  askFailed?: auspex.actors.v1.AskFailed.$Shape|null;
                  watch?: auspex.actors.v1.Watch.$Shape|null;
                  unwatch?: auspex.actors.v1.Unwatch.$Shape|null;
                  terminated?: auspex.actors.v1.Terminated.$Shape|null;
                  $unknowns?: Uint8Array[];
                } & (
                  ({ body?: undefined; hello?: null; welcome?: null; refused?: null; heartbeat?: null; goodbye?: null; envelope?: null; chunk?: null; accepted?: null; rejected?: null; askFailed?: null; watch?: null; unwatch?: null; terminated?: null }|{ body?: "hello"; hello: auspex.actors.v1.Hello.$Shape; welcome?: null; refused?: null; heartbeat?: null; goodbye?: null; envelope?: null; chunk?: null; accepted?: null; rejected?: null; askFailed?: null; watch?: null; unwatch?: null; terminated?: null }|{ body?: "welcome"; hello?: null; welcome: auspex.actors.v1.Welcome.$Shape; refused?: null; heartbeat?: null; goodbye?: null; envelope?: null; chunk?: null; accepted?: null; rejected?: null; askFailed?: null; watch?: null; unwatch?: null; terminated?: null }|{ body?: "refused"; hello?: null; welcome?: null; refused: auspex.actors.v1.Refused.$Shape; heartbeat?: null; goodbye?: null; envelope?: null; chunk?: null; accepted?: null; rejected?: null; askFailed?: null; watch?: null; unwatch?: null; terminated?: null }|{ body?: "heartbeat"; hello?: null; welcome?: null; refused?: null; heartbeat: auspex.actors.v1.Heartbeat.$Shape; goodbye?: null; envelope?: null; chunk?: null; accepted?: null; rejected?: null; askFailed?: null; watch?: null; unwatch?: null; terminated?: null }|{ body?: "goodbye"; hello?: null; welcome?: null; refused?: null; heartbeat?: null; goodbye: auspex.actors.v1.Goodbye.$Shape; envelope?: null; chunk?: null; accepted?: null; rejected?: null; askFailed?: null; watch?: null; unwatch?: null; terminated?: null }|{ body?: "envelope"; hello?: null; welcome?: null; refused?: null; heartbeat?: null; goodbye?: null; envelope: auspex.actors.v1.Envelope.$Shape; chunk?: null; accepted?: null; rejected?: null; askFailed?: null; watch?: null; unwatch?: null; terminated?: null }|{ body?: "chunk"; hello?: null; welcome?: null; refused?: null; heartbeat?: null; goodbye?: null; envelope?: null; chunk: auspex.actors.v1.Chunk.$Shape; accepted?: null; rejected?: null; askFailed?: null; watch?: null; unwatch?: null; terminated?: null }|{ body?: "accepted"; hello?: null; welcome?: null; refused?: null; heartbeat?: null; goodbye?: null; envelope?: null; chunk?: null; accepted: auspex.actors.v1.Accepted.$Shape; rejected?: null; askFailed?: null; watch?: null; unwatch?: null; terminated?: null }|{ body?: "rejected"; hello?: null; welcome?: null; refused?: null; heartbeat?: null; goodbye?: null; envelope?: null; chunk?: null; accepted?: null; rejected: auspex.actors.v1.Rejected.$Shape; askFailed?: null; watch?: null; unwatch?: null; terminated?: null }|{ body?: "askFailed"; hello?: null; welcome?: null; refused?: null; heartbeat?: null; goodbye?: null; envelope?: null; chunk?: null; accepted?: null; rejected?: null; askFailed: auspex.actors.v1.AskFailed.$Shape; watch?: null; unwatch?: null; terminated?: null }|{ body?: "watch"; hello?: null; welcome?: null; refused?: null; heartbeat?: null; goodbye?: null; envelope?: null; chunk?: null; accepted?: null; rejected?: null; askFailed?: null; watch: auspex.actors.v1.Watch.$Shape; unwatch?: null; terminated?: null }|{ body?: "unwatch"; hello?: null; welcome?: null; refused?: null; heartbeat?: null; goodbye?: null; envelope?: null; chunk?: null; accepted?: null; rejected?: null; askFailed?: null; watch?: null; unwatch: auspex.actors.v1.Unwatch.$Shape; terminated?: null }|{ body?: "terminated"; hello?: null; welcome?: null; refused?: null; heartbeat?: null; goodbye?: null; envelope?: null; chunk?: null; accepted?: null; rejected?: null; askFailed?: null; watch?: null; unwatch?: null; terminated: auspex.actors.v1.Terminated.$Shape })
                );
            }

            /**
             * Properties of a Hello.
             * @deprecated Use auspex.actors.v1.Hello.$Properties instead.
             */
            interface IHello extends auspex.actors.v1.Hello.$Properties {
            }

            /** Represents a Hello. */
            class Hello {

                /**
                 * Constructs a new Hello.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: auspex.actors.v1.Hello.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Hello protocol. */
                protocol: number;

                /** Hello softwareVersion. */
                softwareVersion: string;

                /** Hello node. */
                node: string;

                /** Hello epoch. */
                epoch: string;

                /** Hello hello. */
                hello: Uint8Array;

                /** Hello resume. */
                resume?: (auspex.actors.v1.Progress.$Properties|null);

                /**
                 * Creates a new Hello instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns Hello instance
                 */
                static create(properties: auspex.actors.v1.Hello.$Shape): auspex.actors.v1.Hello & auspex.actors.v1.Hello.$Shape;
                static create(properties?: auspex.actors.v1.Hello.$Properties): auspex.actors.v1.Hello;

                /**
                 * Encodes the specified Hello message. Does not implicitly {@link auspex.actors.v1.Hello.verify|verify} messages.
                 * @param message Hello message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: auspex.actors.v1.Hello.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a Hello message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {auspex.actors.v1.Hello & auspex.actors.v1.Hello.$Shape} Hello
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.actors.v1.Hello & auspex.actors.v1.Hello.$Shape;
            }

            namespace Hello {

                /** Properties of a Hello. */
                interface $Properties {

                    /** Hello protocol */
                    protocol?: (number|null);

                    /** Hello softwareVersion */
                    softwareVersion?: (string|null);

                    /** Hello node */
                    node?: (string|null);

                    /** Hello epoch */
                    epoch?: (string|null);

                    /** Hello hello */
                    hello?: (Uint8Array|null);

                    /** Hello resume */
                    resume?: (auspex.actors.v1.Progress.$Properties|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a Hello. */
                type $Shape = auspex.actors.v1.Hello.$Properties;
            }

            /**
             * Properties of a Welcome.
             * @deprecated Use auspex.actors.v1.Welcome.$Properties instead.
             */
            interface IWelcome extends auspex.actors.v1.Welcome.$Properties {
            }

            /** Represents a Welcome. */
            class Welcome {

                /**
                 * Constructs a new Welcome.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: auspex.actors.v1.Welcome.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Welcome softwareVersion. */
                softwareVersion: string;

                /** Welcome node. */
                node: string;

                /** Welcome epoch. */
                epoch: string;

                /** Welcome connection. */
                connection: string;

                /** Welcome progress. */
                progress?: (auspex.actors.v1.Progress.$Properties|null);

                /**
                 * Creates a new Welcome instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns Welcome instance
                 */
                static create(properties: auspex.actors.v1.Welcome.$Shape): auspex.actors.v1.Welcome & auspex.actors.v1.Welcome.$Shape;
                static create(properties?: auspex.actors.v1.Welcome.$Properties): auspex.actors.v1.Welcome;

                /**
                 * Encodes the specified Welcome message. Does not implicitly {@link auspex.actors.v1.Welcome.verify|verify} messages.
                 * @param message Welcome message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: auspex.actors.v1.Welcome.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a Welcome message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {auspex.actors.v1.Welcome & auspex.actors.v1.Welcome.$Shape} Welcome
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.actors.v1.Welcome & auspex.actors.v1.Welcome.$Shape;
            }

            namespace Welcome {

                /** Properties of a Welcome. */
                interface $Properties {

                    /** Welcome softwareVersion */
                    softwareVersion?: (string|null);

                    /** Welcome node */
                    node?: (string|null);

                    /** Welcome epoch */
                    epoch?: (string|null);

                    /** Welcome connection */
                    connection?: (string|null);

                    /** Welcome progress */
                    progress?: (auspex.actors.v1.Progress.$Properties|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a Welcome. */
                type $Shape = auspex.actors.v1.Welcome.$Properties;
            }

            /**
             * Properties of a Progress.
             * @deprecated Use auspex.actors.v1.Progress.$Properties instead.
             */
            interface IProgress extends auspex.actors.v1.Progress.$Properties {
            }

            /** Represents a Progress. */
            class Progress {

                /**
                 * Constructs a new Progress.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: auspex.actors.v1.Progress.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Progress session. */
                session: string;

                /** Progress control. */
                control: number;

                /** Progress bulk. */
                bulk: number;

                /**
                 * Creates a new Progress instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns Progress instance
                 */
                static create(properties: auspex.actors.v1.Progress.$Shape): auspex.actors.v1.Progress & auspex.actors.v1.Progress.$Shape;
                static create(properties?: auspex.actors.v1.Progress.$Properties): auspex.actors.v1.Progress;

                /**
                 * Encodes the specified Progress message. Does not implicitly {@link auspex.actors.v1.Progress.verify|verify} messages.
                 * @param message Progress message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: auspex.actors.v1.Progress.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a Progress message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {auspex.actors.v1.Progress & auspex.actors.v1.Progress.$Shape} Progress
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.actors.v1.Progress & auspex.actors.v1.Progress.$Shape;
            }

            namespace Progress {

                /** Properties of a Progress. */
                interface $Properties {

                    /** Progress session */
                    session?: (string|null);

                    /** Progress control */
                    control?: (number|null);

                    /** Progress bulk */
                    bulk?: (number|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a Progress. */
                type $Shape = auspex.actors.v1.Progress.$Properties;
            }

            /**
             * Properties of a Refused.
             * @deprecated Use auspex.actors.v1.Refused.$Properties instead.
             */
            interface IRefused extends auspex.actors.v1.Refused.$Properties {
            }

            /** Represents a Refused. */
            class Refused {

                /**
                 * Constructs a new Refused.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: auspex.actors.v1.Refused.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Refused failure. */
                failure?: (auspex.actors.v1.Failure.$Properties|null);

                /**
                 * Creates a new Refused instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns Refused instance
                 */
                static create(properties: auspex.actors.v1.Refused.$Shape): auspex.actors.v1.Refused & auspex.actors.v1.Refused.$Shape;
                static create(properties?: auspex.actors.v1.Refused.$Properties): auspex.actors.v1.Refused;

                /**
                 * Encodes the specified Refused message. Does not implicitly {@link auspex.actors.v1.Refused.verify|verify} messages.
                 * @param message Refused message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: auspex.actors.v1.Refused.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a Refused message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {auspex.actors.v1.Refused & auspex.actors.v1.Refused.$Shape} Refused
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.actors.v1.Refused & auspex.actors.v1.Refused.$Shape;
            }

            namespace Refused {

                /** Properties of a Refused. */
                interface $Properties {

                    /** Refused failure */
                    failure?: (auspex.actors.v1.Failure.$Properties|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a Refused. */
                type $Shape = auspex.actors.v1.Refused.$Properties;
            }

            /**
             * Properties of a Heartbeat.
             * @deprecated Use auspex.actors.v1.Heartbeat.$Properties instead.
             */
            interface IHeartbeat extends auspex.actors.v1.Heartbeat.$Properties {
            }

            /** Represents a Heartbeat. */
            class Heartbeat {

                /**
                 * Constructs a new Heartbeat.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: auspex.actors.v1.Heartbeat.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Heartbeat control. */
                control: number;

                /** Heartbeat bulk. */
                bulk: number;

                /**
                 * Creates a new Heartbeat instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns Heartbeat instance
                 */
                static create(properties: auspex.actors.v1.Heartbeat.$Shape): auspex.actors.v1.Heartbeat & auspex.actors.v1.Heartbeat.$Shape;
                static create(properties?: auspex.actors.v1.Heartbeat.$Properties): auspex.actors.v1.Heartbeat;

                /**
                 * Encodes the specified Heartbeat message. Does not implicitly {@link auspex.actors.v1.Heartbeat.verify|verify} messages.
                 * @param message Heartbeat message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: auspex.actors.v1.Heartbeat.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a Heartbeat message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {auspex.actors.v1.Heartbeat & auspex.actors.v1.Heartbeat.$Shape} Heartbeat
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.actors.v1.Heartbeat & auspex.actors.v1.Heartbeat.$Shape;
            }

            namespace Heartbeat {

                /** Properties of a Heartbeat. */
                interface $Properties {

                    /** Heartbeat control */
                    control?: (number|null);

                    /** Heartbeat bulk */
                    bulk?: (number|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a Heartbeat. */
                type $Shape = auspex.actors.v1.Heartbeat.$Properties;
            }

            /**
             * Properties of a Goodbye.
             * @deprecated Use auspex.actors.v1.Goodbye.$Properties instead.
             */
            interface IGoodbye extends auspex.actors.v1.Goodbye.$Properties {
            }

            /** Represents a Goodbye. */
            class Goodbye {

                /**
                 * Constructs a new Goodbye.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: auspex.actors.v1.Goodbye.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /**
                 * Creates a new Goodbye instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns Goodbye instance
                 */
                static create(properties: auspex.actors.v1.Goodbye.$Shape): auspex.actors.v1.Goodbye & auspex.actors.v1.Goodbye.$Shape;
                static create(properties?: auspex.actors.v1.Goodbye.$Properties): auspex.actors.v1.Goodbye;

                /**
                 * Encodes the specified Goodbye message. Does not implicitly {@link auspex.actors.v1.Goodbye.verify|verify} messages.
                 * @param message Goodbye message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: auspex.actors.v1.Goodbye.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a Goodbye message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {auspex.actors.v1.Goodbye & auspex.actors.v1.Goodbye.$Shape} Goodbye
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.actors.v1.Goodbye & auspex.actors.v1.Goodbye.$Shape;
            }

            namespace Goodbye {

                /** Properties of a Goodbye. */
                interface $Properties {

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a Goodbye. */
                type $Shape = auspex.actors.v1.Goodbye.$Properties;
            }

            /**
             * Properties of an Envelope.
             * @deprecated Use auspex.actors.v1.Envelope.$Properties instead.
             */
            interface IEnvelope extends auspex.actors.v1.Envelope.$Properties {
            }

            /** Represents an Envelope. */
            class Envelope {

                /**
                 * Constructs a new Envelope.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: auspex.actors.v1.Envelope.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Envelope id. */
                id: number;

                /** Envelope path. */
                path: string;

                /** Envelope incarnation. */
                incarnation: number;

                /** Envelope asker. */
                asker?: (auspex.actors.v1.Asker.$Properties|null);

                /** Envelope body. */
                body?: (auspex.actors.v1.Piece.$Properties|null);

                /** Envelope attachments. */
                attachments: auspex.actors.v1.Piece.$Properties[];

                /** Envelope bulk. */
                bulk: boolean;

                /**
                 * Creates a new Envelope instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns Envelope instance
                 */
                static create(properties: auspex.actors.v1.Envelope.$Shape): auspex.actors.v1.Envelope & auspex.actors.v1.Envelope.$Shape;
                static create(properties?: auspex.actors.v1.Envelope.$Properties): auspex.actors.v1.Envelope;

                /**
                 * Encodes the specified Envelope message. Does not implicitly {@link auspex.actors.v1.Envelope.verify|verify} messages.
                 * @param message Envelope message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: auspex.actors.v1.Envelope.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes an Envelope message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {auspex.actors.v1.Envelope & auspex.actors.v1.Envelope.$Shape} Envelope
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.actors.v1.Envelope & auspex.actors.v1.Envelope.$Shape;
            }

            namespace Envelope {

                /** Properties of an Envelope. */
                interface $Properties {

                    /** Envelope id */
                    id?: (number|null);

                    /** Envelope path */
                    path?: (string|null);

                    /** Envelope incarnation */
                    incarnation?: (number|null);

                    /** Envelope asker */
                    asker?: (auspex.actors.v1.Asker.$Properties|null);

                    /** Envelope body */
                    body?: (auspex.actors.v1.Piece.$Properties|null);

                    /** Envelope attachments */
                    attachments?: (auspex.actors.v1.Piece.$Properties[]|null);

                    /** Envelope bulk */
                    bulk?: (boolean|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of an Envelope. */
                type $Shape = auspex.actors.v1.Envelope.$Properties;
            }

            /**
             * Properties of an Asker.
             * @deprecated Use auspex.actors.v1.Asker.$Properties instead.
             */
            interface IAsker extends auspex.actors.v1.Asker.$Properties {
            }

            /** Represents an Asker. */
            class Asker {

                /**
                 * Constructs a new Asker.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: auspex.actors.v1.Asker.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Asker path. */
                path: string;

                /** Asker deadlineMs. */
                deadlineMs: number;

                /** Asker traceparent. */
                traceparent: string;

                /**
                 * Creates a new Asker instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns Asker instance
                 */
                static create(properties: auspex.actors.v1.Asker.$Shape): auspex.actors.v1.Asker & auspex.actors.v1.Asker.$Shape;
                static create(properties?: auspex.actors.v1.Asker.$Properties): auspex.actors.v1.Asker;

                /**
                 * Encodes the specified Asker message. Does not implicitly {@link auspex.actors.v1.Asker.verify|verify} messages.
                 * @param message Asker message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: auspex.actors.v1.Asker.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes an Asker message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {auspex.actors.v1.Asker & auspex.actors.v1.Asker.$Shape} Asker
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.actors.v1.Asker & auspex.actors.v1.Asker.$Shape;
            }

            namespace Asker {

                /** Properties of an Asker. */
                interface $Properties {

                    /** Asker path */
                    path?: (string|null);

                    /** Asker deadlineMs */
                    deadlineMs?: (number|null);

                    /** Asker traceparent */
                    traceparent?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of an Asker. */
                type $Shape = auspex.actors.v1.Asker.$Properties;
            }

            /**
             * Properties of a Piece.
             * @deprecated Use auspex.actors.v1.Piece.$Properties instead.
             */
            interface IPiece extends auspex.actors.v1.Piece.$Properties {
            }

            /** Represents a Piece. */
            class Piece {

                /**
                 * Constructs a new Piece.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: auspex.actors.v1.Piece.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Piece type. */
                type: auspex.actors.v1.ArrayType;

                /** Piece bytes. */
                bytes: number;

                /** Piece data. */
                data: Uint8Array;

                /**
                 * Creates a new Piece instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns Piece instance
                 */
                static create(properties: auspex.actors.v1.Piece.$Shape): auspex.actors.v1.Piece & auspex.actors.v1.Piece.$Shape;
                static create(properties?: auspex.actors.v1.Piece.$Properties): auspex.actors.v1.Piece;

                /**
                 * Encodes the specified Piece message. Does not implicitly {@link auspex.actors.v1.Piece.verify|verify} messages.
                 * @param message Piece message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: auspex.actors.v1.Piece.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a Piece message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {auspex.actors.v1.Piece & auspex.actors.v1.Piece.$Shape} Piece
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.actors.v1.Piece & auspex.actors.v1.Piece.$Shape;
            }

            namespace Piece {

                /** Properties of a Piece. */
                interface $Properties {

                    /** Piece type */
                    type?: (auspex.actors.v1.ArrayType|null);

                    /** Piece bytes */
                    bytes?: (number|null);

                    /** Piece data */
                    data?: (Uint8Array|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a Piece. */
                type $Shape = auspex.actors.v1.Piece.$Properties;
            }

            /** ArrayType enum. */
            enum ArrayType {

                /** UINT8 value */
                UINT8 = 0,

                /** INT8 value */
                INT8 = 1,

                /** UINT8_CLAMPED value */
                UINT8_CLAMPED = 2,

                /** UINT16 value */
                UINT16 = 3,

                /** INT16 value */
                INT16 = 4,

                /** UINT32 value */
                UINT32 = 5,

                /** INT32 value */
                INT32 = 6,

                /** FLOAT32 value */
                FLOAT32 = 7,

                /** FLOAT64 value */
                FLOAT64 = 8,

                /** BIGINT64 value */
                BIGINT64 = 9,

                /** BIGUINT64 value */
                BIGUINT64 = 10
            }

            /**
             * Properties of a Chunk.
             * @deprecated Use auspex.actors.v1.Chunk.$Properties instead.
             */
            interface IChunk extends auspex.actors.v1.Chunk.$Properties {
            }

            /** Represents a Chunk. */
            class Chunk {

                /**
                 * Constructs a new Chunk.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: auspex.actors.v1.Chunk.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Chunk envelope. */
                envelope: number;

                /** Chunk data. */
                data: Uint8Array;

                /**
                 * Creates a new Chunk instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns Chunk instance
                 */
                static create(properties: auspex.actors.v1.Chunk.$Shape): auspex.actors.v1.Chunk & auspex.actors.v1.Chunk.$Shape;
                static create(properties?: auspex.actors.v1.Chunk.$Properties): auspex.actors.v1.Chunk;

                /**
                 * Encodes the specified Chunk message. Does not implicitly {@link auspex.actors.v1.Chunk.verify|verify} messages.
                 * @param message Chunk message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: auspex.actors.v1.Chunk.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a Chunk message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {auspex.actors.v1.Chunk & auspex.actors.v1.Chunk.$Shape} Chunk
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.actors.v1.Chunk & auspex.actors.v1.Chunk.$Shape;
            }

            namespace Chunk {

                /** Properties of a Chunk. */
                interface $Properties {

                    /** Chunk envelope */
                    envelope?: (number|null);

                    /** Chunk data */
                    data?: (Uint8Array|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a Chunk. */
                type $Shape = auspex.actors.v1.Chunk.$Properties;
            }

            /**
             * Properties of an Accepted.
             * @deprecated Use auspex.actors.v1.Accepted.$Properties instead.
             */
            interface IAccepted extends auspex.actors.v1.Accepted.$Properties {
            }

            /** Represents an Accepted. */
            class Accepted {

                /**
                 * Constructs a new Accepted.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: auspex.actors.v1.Accepted.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Accepted ids. */
                ids: number[];

                /**
                 * Creates a new Accepted instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns Accepted instance
                 */
                static create(properties: auspex.actors.v1.Accepted.$Shape): auspex.actors.v1.Accepted & auspex.actors.v1.Accepted.$Shape;
                static create(properties?: auspex.actors.v1.Accepted.$Properties): auspex.actors.v1.Accepted;

                /**
                 * Encodes the specified Accepted message. Does not implicitly {@link auspex.actors.v1.Accepted.verify|verify} messages.
                 * @param message Accepted message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: auspex.actors.v1.Accepted.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes an Accepted message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {auspex.actors.v1.Accepted & auspex.actors.v1.Accepted.$Shape} Accepted
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.actors.v1.Accepted & auspex.actors.v1.Accepted.$Shape;
            }

            namespace Accepted {

                /** Properties of an Accepted. */
                interface $Properties {

                    /** Accepted ids */
                    ids?: (number[]|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of an Accepted. */
                type $Shape = auspex.actors.v1.Accepted.$Properties;
            }

            /**
             * Properties of a Rejected.
             * @deprecated Use auspex.actors.v1.Rejected.$Properties instead.
             */
            interface IRejected extends auspex.actors.v1.Rejected.$Properties {
            }

            /** Represents a Rejected. */
            class Rejected {

                /**
                 * Constructs a new Rejected.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: auspex.actors.v1.Rejected.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Rejected id. */
                id: number;

                /** Rejected failure. */
                failure?: (auspex.actors.v1.Failure.$Properties|null);

                /**
                 * Creates a new Rejected instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns Rejected instance
                 */
                static create(properties: auspex.actors.v1.Rejected.$Shape): auspex.actors.v1.Rejected & auspex.actors.v1.Rejected.$Shape;
                static create(properties?: auspex.actors.v1.Rejected.$Properties): auspex.actors.v1.Rejected;

                /**
                 * Encodes the specified Rejected message. Does not implicitly {@link auspex.actors.v1.Rejected.verify|verify} messages.
                 * @param message Rejected message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: auspex.actors.v1.Rejected.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a Rejected message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {auspex.actors.v1.Rejected & auspex.actors.v1.Rejected.$Shape} Rejected
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.actors.v1.Rejected & auspex.actors.v1.Rejected.$Shape;
            }

            namespace Rejected {

                /** Properties of a Rejected. */
                interface $Properties {

                    /** Rejected id */
                    id?: (number|null);

                    /** Rejected failure */
                    failure?: (auspex.actors.v1.Failure.$Properties|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a Rejected. */
                type $Shape = auspex.actors.v1.Rejected.$Properties;
            }

            /**
             * Properties of an AskFailed.
             * @deprecated Use auspex.actors.v1.AskFailed.$Properties instead.
             */
            interface IAskFailed extends auspex.actors.v1.AskFailed.$Properties {
            }

            /** Represents an AskFailed. */
            class AskFailed {

                /**
                 * Constructs a new AskFailed.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: auspex.actors.v1.AskFailed.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** AskFailed path. */
                path: string;

                /** AskFailed failure. */
                failure?: (auspex.actors.v1.Failure.$Properties|null);

                /**
                 * Creates a new AskFailed instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns AskFailed instance
                 */
                static create(properties: auspex.actors.v1.AskFailed.$Shape): auspex.actors.v1.AskFailed & auspex.actors.v1.AskFailed.$Shape;
                static create(properties?: auspex.actors.v1.AskFailed.$Properties): auspex.actors.v1.AskFailed;

                /**
                 * Encodes the specified AskFailed message. Does not implicitly {@link auspex.actors.v1.AskFailed.verify|verify} messages.
                 * @param message AskFailed message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: auspex.actors.v1.AskFailed.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes an AskFailed message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {auspex.actors.v1.AskFailed & auspex.actors.v1.AskFailed.$Shape} AskFailed
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.actors.v1.AskFailed & auspex.actors.v1.AskFailed.$Shape;
            }

            namespace AskFailed {

                /** Properties of an AskFailed. */
                interface $Properties {

                    /** AskFailed path */
                    path?: (string|null);

                    /** AskFailed failure */
                    failure?: (auspex.actors.v1.Failure.$Properties|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of an AskFailed. */
                type $Shape = auspex.actors.v1.AskFailed.$Properties;
            }

            /**
             * Properties of a Watch.
             * @deprecated Use auspex.actors.v1.Watch.$Properties instead.
             */
            interface IWatch extends auspex.actors.v1.Watch.$Properties {
            }

            /** Represents a Watch. */
            class Watch {

                /**
                 * Constructs a new Watch.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: auspex.actors.v1.Watch.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Watch id. */
                id: number;

                /** Watch path. */
                path: string;

                /** Watch incarnation. */
                incarnation: number;

                /**
                 * Creates a new Watch instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns Watch instance
                 */
                static create(properties: auspex.actors.v1.Watch.$Shape): auspex.actors.v1.Watch & auspex.actors.v1.Watch.$Shape;
                static create(properties?: auspex.actors.v1.Watch.$Properties): auspex.actors.v1.Watch;

                /**
                 * Encodes the specified Watch message. Does not implicitly {@link auspex.actors.v1.Watch.verify|verify} messages.
                 * @param message Watch message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: auspex.actors.v1.Watch.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a Watch message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {auspex.actors.v1.Watch & auspex.actors.v1.Watch.$Shape} Watch
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.actors.v1.Watch & auspex.actors.v1.Watch.$Shape;
            }

            namespace Watch {

                /** Properties of a Watch. */
                interface $Properties {

                    /** Watch id */
                    id?: (number|null);

                    /** Watch path */
                    path?: (string|null);

                    /** Watch incarnation */
                    incarnation?: (number|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a Watch. */
                type $Shape = auspex.actors.v1.Watch.$Properties;
            }

            /**
             * Properties of an Unwatch.
             * @deprecated Use auspex.actors.v1.Unwatch.$Properties instead.
             */
            interface IUnwatch extends auspex.actors.v1.Unwatch.$Properties {
            }

            /** Represents an Unwatch. */
            class Unwatch {

                /**
                 * Constructs a new Unwatch.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: auspex.actors.v1.Unwatch.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Unwatch id. */
                id: number;

                /**
                 * Creates a new Unwatch instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns Unwatch instance
                 */
                static create(properties: auspex.actors.v1.Unwatch.$Shape): auspex.actors.v1.Unwatch & auspex.actors.v1.Unwatch.$Shape;
                static create(properties?: auspex.actors.v1.Unwatch.$Properties): auspex.actors.v1.Unwatch;

                /**
                 * Encodes the specified Unwatch message. Does not implicitly {@link auspex.actors.v1.Unwatch.verify|verify} messages.
                 * @param message Unwatch message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: auspex.actors.v1.Unwatch.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes an Unwatch message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {auspex.actors.v1.Unwatch & auspex.actors.v1.Unwatch.$Shape} Unwatch
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.actors.v1.Unwatch & auspex.actors.v1.Unwatch.$Shape;
            }

            namespace Unwatch {

                /** Properties of an Unwatch. */
                interface $Properties {

                    /** Unwatch id */
                    id?: (number|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of an Unwatch. */
                type $Shape = auspex.actors.v1.Unwatch.$Properties;
            }

            /**
             * Properties of a Terminated.
             * @deprecated Use auspex.actors.v1.Terminated.$Properties instead.
             */
            interface ITerminated extends auspex.actors.v1.Terminated.$Properties {
            }

            /** Represents a Terminated. */
            class Terminated {

                /**
                 * Constructs a new Terminated.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: auspex.actors.v1.Terminated.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Terminated watch. */
                watch: number;

                /** Terminated failure. */
                failure?: (auspex.actors.v1.Failure.$Properties|null);

                /**
                 * Creates a new Terminated instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns Terminated instance
                 */
                static create(properties: auspex.actors.v1.Terminated.$Shape): auspex.actors.v1.Terminated & auspex.actors.v1.Terminated.$Shape;
                static create(properties?: auspex.actors.v1.Terminated.$Properties): auspex.actors.v1.Terminated;

                /**
                 * Encodes the specified Terminated message. Does not implicitly {@link auspex.actors.v1.Terminated.verify|verify} messages.
                 * @param message Terminated message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: auspex.actors.v1.Terminated.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a Terminated message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {auspex.actors.v1.Terminated & auspex.actors.v1.Terminated.$Shape} Terminated
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.actors.v1.Terminated & auspex.actors.v1.Terminated.$Shape;
            }

            namespace Terminated {

                /** Properties of a Terminated. */
                interface $Properties {

                    /** Terminated watch */
                    watch?: (number|null);

                    /** Terminated failure */
                    failure?: (auspex.actors.v1.Failure.$Properties|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a Terminated. */
                type $Shape = auspex.actors.v1.Terminated.$Properties;
            }

            /**
             * Properties of a Value.
             * @deprecated Use auspex.actors.v1.Value.$Properties instead.
             */
            interface IValue extends auspex.actors.v1.Value.$Properties {
            }

            /** Represents a Value. */
            class Value {

                /**
                 * Constructs a new Value.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: auspex.actors.v1.Value.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Value null. */
                null?: (boolean|null);

                /** Value boolean. */
                boolean?: (boolean|null);

                /** Value number. */
                number?: (number|null);

                /** Value text. */
                text?: (string|null);

                /** Value bigint. */
                bigint?: (string|null);

                /** Value attachment. */
                attachment?: (number|null);

                /** Value list. */
                list?: (auspex.actors.v1.List.$Properties|null);

                /** Value record. */
                record?: (auspex.actors.v1.Record.$Properties|null);

                /** Value reference. */
                reference?: (auspex.actors.v1.Address.$Properties|null);

                /** Value failure. */
                failure?: (auspex.actors.v1.Failure.$Properties|null);

                /** Value kind. */
                kind?: ("null"|"boolean"|"number"|"text"|"bigint"|"attachment"|"list"|"record"|"reference"|"failure");

                /**
                 * Creates a new Value instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns Value instance
                 */
                static create(properties: auspex.actors.v1.Value.$Shape): auspex.actors.v1.Value & auspex.actors.v1.Value.$Shape;
                static create(properties?: auspex.actors.v1.Value.$Properties): auspex.actors.v1.Value;

                /**
                 * Encodes the specified Value message. Does not implicitly {@link auspex.actors.v1.Value.verify|verify} messages.
                 * @param message Value message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: auspex.actors.v1.Value.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a Value message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {auspex.actors.v1.Value & auspex.actors.v1.Value.$Shape} Value
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.actors.v1.Value & auspex.actors.v1.Value.$Shape;
            }

            namespace Value {

                /** Properties of a Value. */
                interface $Properties {

                    /** Value null */
                    "null"?: (boolean|null);

                    /** Value boolean */
                    boolean?: (boolean|null);

                    /** Value number */
                    number?: (number|null);

                    /** Value text */
                    text?: (string|null);

                    /** Value bigint */
                    bigint?: (string|null);

                    /** Value attachment */
                    attachment?: (number|null);

                    /** Value list */
                    list?: (auspex.actors.v1.List.$Properties|null);

                    /** Value record */
                    record?: (auspex.actors.v1.Record.$Properties|null);

                    /** Value reference */
                    reference?: (auspex.actors.v1.Address.$Properties|null);

                    /** Value failure */
                    failure?: (auspex.actors.v1.Failure.$Properties|null);

                    /** Value kind */
                    kind?: ("null"|"boolean"|"number"|"text"|"bigint"|"attachment"|"list"|"record"|"reference"|"failure");

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Narrowed shape of a Value. */
                type $Shape = {
                  "null"?: boolean|null;
                  boolean?: boolean|null;
                  number?: number|null;
                  text?: string|null;
                  bigint?: string|null;
                  attachment?: number|null;
                  list?: auspex.actors.v1.List.$Shape|null;
                  record?: auspex.actors.v1.Record.$Shape|null;
                  reference?: auspex.actors.v1.Address.$Shape|null;
                  failure?: auspex.actors.v1.Failure.$Shape|null;
                  $unknowns?: Uint8Array[];
                } & (
                  ({ kind?: undefined; "null"?: null; boolean?: null; number?: null; text?: null; bigint?: null; attachment?: null; list?: null; record?: null; reference?: null; failure?: null }|{ kind?: "null"; "null": boolean; boolean?: null; number?: null; text?: null; bigint?: null; attachment?: null; list?: null; record?: null; reference?: null; failure?: null }|{ kind?: "boolean"; "null"?: null; boolean: boolean; number?: null; text?: null; bigint?: null; attachment?: null; list?: null; record?: null; reference?: null; failure?: null }|{ kind?: "number"; "null"?: null; boolean?: null; number: number; text?: null; bigint?: null; attachment?: null; list?: null; record?: null; reference?: null; failure?: null }|{ kind?: "text"; "null"?: null; boolean?: null; number?: null; text: string; bigint?: null; attachment?: null; list?: null; record?: null; reference?: null; failure?: null }|{ kind?: "bigint"; "null"?: null; boolean?: null; number?: null; text?: null; bigint: string; attachment?: null; list?: null; record?: null; reference?: null; failure?: null }|{ kind?: "attachment"; "null"?: null; boolean?: null; number?: null; text?: null; bigint?: null; attachment: number; list?: null; record?: null; reference?: null; failure?: null }|{ kind?: "list"; "null"?: null; boolean?: null; number?: null; text?: null; bigint?: null; attachment?: null; list: auspex.actors.v1.List.$Shape; record?: null; reference?: null; failure?: null }|{ kind?: "record"; "null"?: null; boolean?: null; number?: null; text?: null; bigint?: null; attachment?: null; list?: null; record: auspex.actors.v1.Record.$Shape; reference?: null; failure?: null }|{ kind?: "reference"; "null"?: null; boolean?: null; number?: null; text?: null; bigint?: null; attachment?: null; list?: null; record?: null; reference: auspex.actors.v1.Address.$Shape; failure?: null }|{ kind?: "failure"; "null"?: null; boolean?: null; number?: null; text?: null; bigint?: null; attachment?: null; list?: null; record?: null; reference?: null; failure: auspex.actors.v1.Failure.$Shape })
                );
            }

            /**
             * Properties of a List.
             * @deprecated Use auspex.actors.v1.List.$Properties instead.
             */
            interface IList extends auspex.actors.v1.List.$Properties {
            }

            /** Represents a List. */
            class List {

                /**
                 * Constructs a new List.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: auspex.actors.v1.List.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** List values. */
                values: auspex.actors.v1.Value.$Properties[];

                /**
                 * Creates a new List instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns List instance
                 */
                static create(properties: auspex.actors.v1.List.$Shape): auspex.actors.v1.List & auspex.actors.v1.List.$Shape;
                static create(properties?: auspex.actors.v1.List.$Properties): auspex.actors.v1.List;

                /**
                 * Encodes the specified List message. Does not implicitly {@link auspex.actors.v1.List.verify|verify} messages.
                 * @param message List message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: auspex.actors.v1.List.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a List message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {auspex.actors.v1.List & auspex.actors.v1.List.$Shape} List
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.actors.v1.List & auspex.actors.v1.List.$Shape;
            }

            namespace List {

                /** Properties of a List. */
                interface $Properties {

                    /** List values */
                    values?: (auspex.actors.v1.Value.$Properties[]|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a List. */
                type $Shape = {
                  values?: auspex.actors.v1.Value.$Shape[]|null;
                  $unknowns?: Uint8Array[];
                };
            }

            /**
             * Properties of a Record.
             * @deprecated Use auspex.actors.v1.Record.$Properties instead.
             */
            interface IRecord extends auspex.actors.v1.Record.$Properties {
            }

            /** Represents a Record. */
            class Record {

                /**
                 * Constructs a new Record.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: auspex.actors.v1.Record.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Record keys. */
                keys: string[];

                /** Record values. */
                values: auspex.actors.v1.Value.$Properties[];

                /**
                 * Creates a new Record instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns Record instance
                 */
                static create(properties: auspex.actors.v1.Record.$Shape): auspex.actors.v1.Record & auspex.actors.v1.Record.$Shape;
                static create(properties?: auspex.actors.v1.Record.$Properties): auspex.actors.v1.Record;

                /**
                 * Encodes the specified Record message. Does not implicitly {@link auspex.actors.v1.Record.verify|verify} messages.
                 * @param message Record message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: auspex.actors.v1.Record.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a Record message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {auspex.actors.v1.Record & auspex.actors.v1.Record.$Shape} Record
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.actors.v1.Record & auspex.actors.v1.Record.$Shape;
            }

            namespace Record {

                /** Properties of a Record. */
                interface $Properties {

                    /** Record keys */
                    keys?: (string[]|null);

                    /** Record values */
                    values?: (auspex.actors.v1.Value.$Properties[]|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a Record. */
                type $Shape = {
                  keys?: string[]|null;
                  values?: auspex.actors.v1.Value.$Shape[]|null;
                  $unknowns?: Uint8Array[];
                };
            }

            /**
             * Properties of an Address.
             * @deprecated Use auspex.actors.v1.Address.$Properties instead.
             */
            interface IAddress extends auspex.actors.v1.Address.$Properties {
            }

            /** Represents an Address. */
            class Address {

                /**
                 * Constructs a new Address.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: auspex.actors.v1.Address.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Address node. */
                node: string;

                /** Address epoch. */
                epoch: string;

                /** Address path. */
                path: string;

                /** Address incarnation. */
                incarnation: number;

                /**
                 * Creates a new Address instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns Address instance
                 */
                static create(properties: auspex.actors.v1.Address.$Shape): auspex.actors.v1.Address & auspex.actors.v1.Address.$Shape;
                static create(properties?: auspex.actors.v1.Address.$Properties): auspex.actors.v1.Address;

                /**
                 * Encodes the specified Address message. Does not implicitly {@link auspex.actors.v1.Address.verify|verify} messages.
                 * @param message Address message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: auspex.actors.v1.Address.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes an Address message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {auspex.actors.v1.Address & auspex.actors.v1.Address.$Shape} Address
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.actors.v1.Address & auspex.actors.v1.Address.$Shape;
            }

            namespace Address {

                /** Properties of an Address. */
                interface $Properties {

                    /** Address node */
                    node?: (string|null);

                    /** Address epoch */
                    epoch?: (string|null);

                    /** Address path */
                    path?: (string|null);

                    /** Address incarnation */
                    incarnation?: (number|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of an Address. */
                type $Shape = auspex.actors.v1.Address.$Properties;
            }

            /**
             * Properties of a Failure.
             * @deprecated Use auspex.actors.v1.Failure.$Properties instead.
             */
            interface IFailure extends auspex.actors.v1.Failure.$Properties {
            }

            /** Represents a Failure. */
            class Failure {

                /**
                 * Constructs a new Failure.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: auspex.actors.v1.Failure.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Failure name. */
                name: string;

                /** Failure code. */
                code: string;

                /** Failure message. */
                message: string;

                /** Failure cause. */
                cause?: (auspex.actors.v1.Failure.$Properties|null);

                /**
                 * Creates a new Failure instance using the specified properties.
                 * @param [properties] Properties to set
                 * @returns Failure instance
                 */
                static create(properties: auspex.actors.v1.Failure.$Shape): auspex.actors.v1.Failure & auspex.actors.v1.Failure.$Shape;
                static create(properties?: auspex.actors.v1.Failure.$Properties): auspex.actors.v1.Failure;

                /**
                 * Encodes the specified Failure message. Does not implicitly {@link auspex.actors.v1.Failure.verify|verify} messages.
                 * @param message Failure message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: auspex.actors.v1.Failure.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a Failure message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {auspex.actors.v1.Failure & auspex.actors.v1.Failure.$Shape} Failure
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.actors.v1.Failure & auspex.actors.v1.Failure.$Shape;
            }

            namespace Failure {

                /** Properties of a Failure. */
                interface $Properties {

                    /** Failure name */
                    name?: (string|null);

                    /** Failure code */
                    code?: (string|null);

                    /** Failure message */
                    message?: (string|null);

                    /** Failure cause */
                    cause?: (auspex.actors.v1.Failure.$Properties|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a Failure. */
                type $Shape = auspex.actors.v1.Failure.$Properties;
            }
        }
    }
}
