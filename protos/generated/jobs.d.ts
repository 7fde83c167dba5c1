import * as $protobuf from "../protobuf.js";
import Long = require("long");

/** Namespace auspex. */
export namespace auspex {

    /** Namespace v1. */
    namespace v1 {

        /**
         * Properties of a Job.
         * @deprecated Use auspex.v1.Job.$Properties instead.
         */
        interface IJob extends auspex.v1.Job.$Properties {
        }

        /** Represents a Job. */
        class Job {

            /**
             * Constructs a new Job.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.Job.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Job schema. */
            schema: number;

            /** Job id. */
            id: string;

            /** Job training. */
            training?: (auspex.v1.Training.$Properties|null);

            /** Job evaluation. */
            evaluation?: (auspex.v1.Evaluation.$Properties|null);

            /** Job cancellation. */
            cancellation?: (auspex.v1.Cancellation.$Properties|null);

            /** Job work. */
            work?: ("training"|"evaluation"|"cancellation");

            /**
             * Creates a new Job instance using the specified properties.
             * @param [properties] Properties to set
             * @returns Job instance
             */
            static create(properties: auspex.v1.Job.$Shape): auspex.v1.Job & auspex.v1.Job.$Shape;
            static create(properties?: auspex.v1.Job.$Properties): auspex.v1.Job;

            /**
             * Encodes the specified Job message. Does not implicitly {@link auspex.v1.Job.verify|verify} messages.
             * @param message Job message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.Job.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Job message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.Job & auspex.v1.Job.$Shape} Job
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.Job & auspex.v1.Job.$Shape;
        }

        namespace Job {

            /** Properties of a Job. */
            interface $Properties {

                /** Job schema */
                schema?: (number|null);

                /** Job id */
                id?: (string|null);

                /** Job training */
                training?: (auspex.v1.Training.$Properties|null);

                /** Job evaluation */
                evaluation?: (auspex.v1.Evaluation.$Properties|null);

                /** Job cancellation */
                cancellation?: (auspex.v1.Cancellation.$Properties|null);

                /** Job work */
                work?: ("training"|"evaluation"|"cancellation");

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Narrowed shape of a Job. */
            type $Shape = {
              schema?: number|null;
              id?: string|null;
              training?: auspex.v1.Training.$Shape|null;
              evaluation?: auspex.v1.Evaluation.$Shape|null;
              cancellation?: auspex.v1.Cancellation.$Shape|null;
              $unknowns?: Uint8Array[];
            } & (
              ({ work?: undefined; training?: null; evaluation?: null; cancellation?: null }|{ work?: "training"; training: auspex.v1.Training.$Shape; evaluation?: null; cancellation?: null }|{ work?: "evaluation"; training?: null; evaluation: auspex.v1.Evaluation.$Shape; cancellation?: null }|{ work?: "cancellation"; training?: null; evaluation?: null; cancellation: auspex.v1.Cancellation.$Shape })
            );
        }

        /**
         * Properties of a Training.
         * @deprecated Use auspex.v1.Training.$Properties instead.
         */
        interface ITraining extends auspex.v1.Training.$Properties {
        }

        /** Represents a Training. */
        class Training {

            /**
             * Constructs a new Training.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.Training.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Training preset. */
            preset: string;

            /** Training config. */
            config: string;

            /** Training data. */
            data: string;

            /** Training set. */
            set: { [k: string]: string };

            /** Training ranks. */
            ranks: string;

            /**
             * Creates a new Training instance using the specified properties.
             * @param [properties] Properties to set
             * @returns Training instance
             */
            static create(properties: auspex.v1.Training.$Shape): auspex.v1.Training & auspex.v1.Training.$Shape;
            static create(properties?: auspex.v1.Training.$Properties): auspex.v1.Training;

            /**
             * Encodes the specified Training message. Does not implicitly {@link auspex.v1.Training.verify|verify} messages.
             * @param message Training message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.Training.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Training message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.Training & auspex.v1.Training.$Shape} Training
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.Training & auspex.v1.Training.$Shape;
        }

        namespace Training {

            /** Properties of a Training. */
            interface $Properties {

                /** Training preset */
                preset?: (string|null);

                /** Training config */
                config?: (string|null);

                /** Training data */
                data?: (string|null);

                /** Training set */
                set?: ({ [k: string]: string }|null);

                /** Training ranks */
                ranks?: (string|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Training. */
            type $Shape = auspex.v1.Training.$Properties;
        }

        /**
         * Properties of an Evaluation.
         * @deprecated Use auspex.v1.Evaluation.$Properties instead.
         */
        interface IEvaluation extends auspex.v1.Evaluation.$Properties {
        }

        /** Represents an Evaluation. */
        class Evaluation {

            /**
             * Constructs a new Evaluation.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.Evaluation.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Evaluation checkpoint. */
            checkpoint: string;

            /** Evaluation data. */
            data: string;

            /** Evaluation protocol. */
            protocol: string;

            /** Evaluation options. */
            options?: (auspex.v1.EvaluationOptions.$Properties|null);

            /** Evaluation benchmark. */
            benchmark?: (auspex.v1.Benchmark.$Properties|null);

            /**
             * Creates a new Evaluation instance using the specified properties.
             * @param [properties] Properties to set
             * @returns Evaluation instance
             */
            static create(properties: auspex.v1.Evaluation.$Shape): auspex.v1.Evaluation & auspex.v1.Evaluation.$Shape;
            static create(properties?: auspex.v1.Evaluation.$Properties): auspex.v1.Evaluation;

            /**
             * Encodes the specified Evaluation message. Does not implicitly {@link auspex.v1.Evaluation.verify|verify} messages.
             * @param message Evaluation message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.Evaluation.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes an Evaluation message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.Evaluation & auspex.v1.Evaluation.$Shape} Evaluation
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.Evaluation & auspex.v1.Evaluation.$Shape;
        }

        namespace Evaluation {

            /** Properties of an Evaluation. */
            interface $Properties {

                /** Evaluation checkpoint */
                checkpoint?: (string|null);

                /** Evaluation data */
                data?: (string|null);

                /** Evaluation protocol */
                protocol?: (string|null);

                /** Evaluation options */
                options?: (auspex.v1.EvaluationOptions.$Properties|null);

                /** Evaluation benchmark */
                benchmark?: (auspex.v1.Benchmark.$Properties|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of an Evaluation. */
            type $Shape = auspex.v1.Evaluation.$Properties;
        }

        /**
         * Properties of a Benchmark.
         * @deprecated Use auspex.v1.Benchmark.$Properties instead.
         */
        interface IBenchmark extends auspex.v1.Benchmark.$Properties {
        }

        /** Represents a Benchmark. */
        class Benchmark {

            /**
             * Constructs a new Benchmark.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.Benchmark.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Benchmark set. */
            set: { [k: string]: string };

            /** Benchmark dataset. */
            dataset: string;

            /** Benchmark untrained. */
            untrained: boolean;

            /**
             * Creates a new Benchmark instance using the specified properties.
             * @param [properties] Properties to set
             * @returns Benchmark instance
             */
            static create(properties: auspex.v1.Benchmark.$Shape): auspex.v1.Benchmark & auspex.v1.Benchmark.$Shape;
            static create(properties?: auspex.v1.Benchmark.$Properties): auspex.v1.Benchmark;

            /**
             * Encodes the specified Benchmark message. Does not implicitly {@link auspex.v1.Benchmark.verify|verify} messages.
             * @param message Benchmark message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.Benchmark.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Benchmark message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.Benchmark & auspex.v1.Benchmark.$Shape} Benchmark
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.Benchmark & auspex.v1.Benchmark.$Shape;
        }

        namespace Benchmark {

            /** Properties of a Benchmark. */
            interface $Properties {

                /** Benchmark set */
                set?: ({ [k: string]: string }|null);

                /** Benchmark dataset */
                dataset?: (string|null);

                /** Benchmark untrained */
                untrained?: (boolean|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Benchmark. */
            type $Shape = auspex.v1.Benchmark.$Properties;
        }

        /**
         * Properties of an EvaluationOptions.
         * @deprecated Use auspex.v1.EvaluationOptions.$Properties instead.
         */
        interface IEvaluationOptions extends auspex.v1.EvaluationOptions.$Properties {
        }

        /** Represents an EvaluationOptions. */
        class EvaluationOptions {

            /**
             * Constructs a new EvaluationOptions.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.EvaluationOptions.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** EvaluationOptions layer. */
            layer?: (string|null);

            /** EvaluationOptions size. */
            size?: (number|null);

            /** EvaluationOptions batch. */
            batch?: (number|null);

            /** EvaluationOptions k. */
            k?: (number|null);

            /** EvaluationOptions temperature. */
            temperature?: (number|null);

            /** EvaluationOptions database. */
            database?: (string|null);

            /**
             * Creates a new EvaluationOptions instance using the specified properties.
             * @param [properties] Properties to set
             * @returns EvaluationOptions instance
             */
            static create(properties: auspex.v1.EvaluationOptions.$Shape): auspex.v1.EvaluationOptions & auspex.v1.EvaluationOptions.$Shape;
            static create(properties?: auspex.v1.EvaluationOptions.$Properties): auspex.v1.EvaluationOptions;

            /**
             * Encodes the specified EvaluationOptions message. Does not implicitly {@link auspex.v1.EvaluationOptions.verify|verify} messages.
             * @param message EvaluationOptions message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.EvaluationOptions.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes an EvaluationOptions message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.EvaluationOptions & auspex.v1.EvaluationOptions.$Shape} EvaluationOptions
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.EvaluationOptions & auspex.v1.EvaluationOptions.$Shape;
        }

        namespace EvaluationOptions {

            /** Properties of an EvaluationOptions. */
            interface $Properties {

                /** EvaluationOptions layer */
                layer?: (string|null);

                /** EvaluationOptions size */
                size?: (number|null);

                /** EvaluationOptions batch */
                batch?: (number|null);

                /** EvaluationOptions k */
                k?: (number|null);

                /** EvaluationOptions temperature */
                temperature?: (number|null);

                /** EvaluationOptions database */
                database?: (string|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of an EvaluationOptions. */
            type $Shape = auspex.v1.EvaluationOptions.$Properties;
        }

        /**
         * Properties of a Cancellation.
         * @deprecated Use auspex.v1.Cancellation.$Properties instead.
         */
        interface ICancellation extends auspex.v1.Cancellation.$Properties {
        }

        /** Represents a Cancellation. */
        class Cancellation {

            /**
             * Constructs a new Cancellation.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.Cancellation.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Cancellation job. */
            job: string;

            /**
             * Creates a new Cancellation instance using the specified properties.
             * @param [properties] Properties to set
             * @returns Cancellation instance
             */
            static create(properties: auspex.v1.Cancellation.$Shape): auspex.v1.Cancellation & auspex.v1.Cancellation.$Shape;
            static create(properties?: auspex.v1.Cancellation.$Properties): auspex.v1.Cancellation;

            /**
             * Encodes the specified Cancellation message. Does not implicitly {@link auspex.v1.Cancellation.verify|verify} messages.
             * @param message Cancellation message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.Cancellation.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Cancellation message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.Cancellation & auspex.v1.Cancellation.$Shape} Cancellation
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.Cancellation & auspex.v1.Cancellation.$Shape;
        }

        namespace Cancellation {

            /** Properties of a Cancellation. */
            interface $Properties {

                /** Cancellation job */
                job?: (string|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Cancellation. */
            type $Shape = auspex.v1.Cancellation.$Properties;
        }

        /**
         * Properties of a JobEvent.
         * @deprecated Use auspex.v1.JobEvent.$Properties instead.
         */
        interface IJobEvent extends auspex.v1.JobEvent.$Properties {
        }

        /** Represents a JobEvent. */
        class JobEvent {

            /**
             * Constructs a new JobEvent.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.JobEvent.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** JobEvent schema. */
            schema: number;

            /** JobEvent job. */
            job: string;

            /** JobEvent sequence. */
            sequence: number;

            /** JobEvent time. */
            time: string;

            /** JobEvent accepted. */
            accepted?: (auspex.v1.Accepted.$Properties|null);

            /** JobEvent queued. */
            queued?: (auspex.v1.Queued.$Properties|null);

            /** JobEvent started. */
            started?: (auspex.v1.Started.$Properties|null);

            /** JobEvent progress. */
            progress?: (auspex.v1.JobProgress.$Properties|null);

            /** JobEvent checkpoint. */
            checkpoint?: (auspex.v1.Checkpoint.$Properties|null);

            /** JobEvent succeeded. */
            succeeded?: (auspex.v1.Succeeded.$Properties|null);

            /** JobEvent failed. */
            failed?: (auspex.v1.Failed.$Properties|null);

            /** JobEvent retrying. */
            retrying?: (auspex.v1.Retrying.$Properties|null);

            /** JobEvent cancelled. */
            cancelled?: (auspex.v1.Cancelled.$Properties|null);

            /** JobEvent rejected. */
            rejected?: (auspex.v1.Rejected.$Properties|null);

            /** JobEvent worse. */
            worse?: (auspex.v1.Worse.$Properties|null);

            /** JobEvent event. */
            event?: ("accepted"|"queued"|"started"|"progress"|"checkpoint"|"succeeded"|"failed"|"retrying"|"cancelled"|"rejected"|"worse");

            /**
             * Creates a new JobEvent instance using the specified properties.
             * @param [properties] Properties to set
             * @returns JobEvent instance
             */
            static create(properties: auspex.v1.JobEvent.$Shape): auspex.v1.JobEvent & auspex.v1.JobEvent.$Shape;
            static create(properties?: auspex.v1.JobEvent.$Properties): auspex.v1.JobEvent;

            /**
             * Encodes the specified JobEvent message. Does not implicitly {@link auspex.v1.JobEvent.verify|verify} messages.
             * @param message JobEvent message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.JobEvent.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a JobEvent message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.JobEvent & auspex.v1.JobEvent.$Shape} JobEvent
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.JobEvent & auspex.v1.JobEvent.$Shape;
        }

        namespace JobEvent {

            /** Properties of a JobEvent. */
            interface $Properties {

                /** JobEvent schema */
                schema?: (number|null);

                /** JobEvent job */
                job?: (string|null);

                /** JobEvent sequence */
                sequence?: (number|null);

                /** JobEvent time */
                time?: (string|null);

                /** JobEvent accepted */
                accepted?: (auspex.v1.Accepted.$Properties|null);

                /** JobEvent queued */
                queued?: (auspex.v1.Queued.$Properties|null);

                /** JobEvent started */
                started?: (auspex.v1.Started.$Properties|null);

                /** JobEvent progress */
                progress?: (auspex.v1.JobProgress.$Properties|null);

                /** JobEvent checkpoint */
                checkpoint?: (auspex.v1.Checkpoint.$Properties|null);

                /** JobEvent succeeded */
                succeeded?: (auspex.v1.Succeeded.$Properties|null);

                /** JobEvent failed */
                failed?: (auspex.v1.Failed.$Properties|null);

                /** JobEvent retrying */
                retrying?: (auspex.v1.Retrying.$Properties|null);

                /** JobEvent cancelled */
                cancelled?: (auspex.v1.Cancelled.$Properties|null);

                /** JobEvent rejected */
                rejected?: (auspex.v1.Rejected.$Properties|null);

                /** JobEvent worse */
                worse?: (auspex.v1.Worse.$Properties|null);

                /** JobEvent event */
                event?: ("accepted"|"queued"|"started"|"progress"|"checkpoint"|"succeeded"|"failed"|"retrying"|"cancelled"|"rejected"|"worse");

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Narrowed shape of a JobEvent. */
            type $Shape = {
              schema?: number|null;
              job?: string|null;
              sequence?: number|null;
              time?: string|null;
              accepted?: auspex.v1.Accepted.$Shape|null;
              queued?: auspex.v1.Queued.$Shape|null;
              started?: auspex.v1.Started.$Shape|null;
              progress?: auspex.v1.JobProgress.$Shape|null;
              checkpoint?: auspex.v1.Checkpoint.$Shape|null;
              succeeded?: auspex.v1.Succeeded.$Shape|null;
              failed?: auspex.v1.Failed.$Shape|null;
              retrying?: auspex.v1.Retrying.$Shape|null;
              cancelled?: auspex.v1.Cancelled.$Shape|null;
              rejected?: auspex.v1.Rejected.$Shape|null;
              worse?: auspex.v1.Worse.$Shape|null;
              $unknowns?: Uint8Array[];
            } & (
              ({ event?: undefined; accepted?: null; queued?: null; started?: null; progress?: null; checkpoint?: null; succeeded?: null; failed?: null; retrying?: null; cancelled?: null; rejected?: null; worse?: null }|{ event?: "accepted"; accepted: auspex.v1.Accepted.$Shape; queued?: null; started?: null; progress?: null; checkpoint?: null; succeeded?: null; failed?: null; retrying?: null; cancelled?: null; rejected?: null; worse?: null }|{ event?: "queued"; accepted?: null; queued: auspex.v1.Queued.$Shape; started?: null; progress?: null; checkpoint?: null; succeeded?: null; failed?: null; retrying?: null; cancelled?: null; rejected?: null; worse?: null }|{ event?: "started"; accepted?: null; queued?: null; started: auspex.v1.Started.$Shape; progress?: null; checkpoint?: null; succeeded?: null; failed?: null; retrying?: null; cancelled?: null; rejected?: null; worse?: null }|{ event?: "progress"; accepted?: null; queued?: null; started?: null; progress: auspex.v1.JobProgress.$Shape; checkpoint?: null; succeeded?: null; failed?: null; retrying?: null; cancelled?: null; rejected?: null; worse?: null }|{ event?: "checkpoint"; accepted?: null; queued?: null; started?: null; progress?: null; checkpoint: auspex.v1.Checkpoint.$Shape; succeeded?: null; failed?: null; retrying?: null; cancelled?: null; rejected?: null; worse?: null }|{ event?: "succeeded"; accepted?: null; queued?: null; started?: null; progress?: null; checkpoint?: null; succeeded: auspex.v1.Succeeded.$Shape; failed?: null; retrying?: null; cancelled?: null; rejected?: null; worse?: null }|{ event?: "failed"; accepted?: null; queued?: null; started?: null; progress?: null; checkpoint?: null; succeeded?: null; failed: auspex.v1.Failed.$Shape; retrying?: null; cancelled?: null; rejected?: null; worse?: null }|{ event?: "retrying"; accepted?: null; queued?: null; started?: null; progress?: null; checkpoint?: null; succeeded?: null; failed?: null; retrying: auspex.v1.Retrying.$Shape; cancelled?: null; rejected?: null; worse?: null }|{ event?: "cancelled"; accepted?: null; queued?: null; started?: null; progress?: null; checkpoint?: null; succeeded?: null; failed?: null; retrying?: null; cancelled: auspex.v1.Cancelled.$Shape; rejected?: null; worse?: null }|{ event?: "rejected"; accepted?: null; queued?: null; started?: null; progress?: null; checkpoint?: null; succeeded?: null; failed?: null; retrying?: null; cancelled?: null; rejected: auspex.v1.Rejected.$Shape; worse?: null }|{ event?: "worse"; accepted?: null; queued?: null; started?: null; progress?: null; checkpoint?: null; succeeded?: null; failed?: null; retrying?: null; cancelled?: null; rejected?: null; worse: auspex.v1.Worse.$Shape })
            );
        }

        /**
         * Properties of an Accepted.
         * @deprecated Use auspex.v1.Accepted.$Properties instead.
         */
        interface IAccepted extends auspex.v1.Accepted.$Properties {
        }

        /** Represents an Accepted. */
        class Accepted {

            /**
             * Constructs a new Accepted.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.Accepted.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Accepted work. */
            work: string;

            /** Accepted digest. */
            digest: string;

            /** Accepted source. */
            source: string;

            /** Accepted parent. */
            parent?: (string|null);

            /**
             * Creates a new Accepted instance using the specified properties.
             * @param [properties] Properties to set
             * @returns Accepted instance
             */
            static create(properties: auspex.v1.Accepted.$Shape): auspex.v1.Accepted & auspex.v1.Accepted.$Shape;
            static create(properties?: auspex.v1.Accepted.$Properties): auspex.v1.Accepted;

            /**
             * Encodes the specified Accepted message. Does not implicitly {@link auspex.v1.Accepted.verify|verify} messages.
             * @param message Accepted message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.Accepted.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes an Accepted message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.Accepted & auspex.v1.Accepted.$Shape} Accepted
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.Accepted & auspex.v1.Accepted.$Shape;
        }

        namespace Accepted {

            /** Properties of an Accepted. */
            interface $Properties {

                /** Accepted work */
                work?: (string|null);

                /** Accepted digest */
                digest?: (string|null);

                /** Accepted source */
                source?: (string|null);

                /** Accepted parent */
                parent?: (string|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of an Accepted. */
            type $Shape = auspex.v1.Accepted.$Properties;
        }

        /**
         * Properties of a Queued.
         * @deprecated Use auspex.v1.Queued.$Properties instead.
         */
        interface IQueued extends auspex.v1.Queued.$Properties {
        }

        /** Represents a Queued. */
        class Queued {

            /**
             * Constructs a new Queued.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.Queued.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Queued position. */
            position: number;

            /**
             * Creates a new Queued instance using the specified properties.
             * @param [properties] Properties to set
             * @returns Queued instance
             */
            static create(properties: auspex.v1.Queued.$Shape): auspex.v1.Queued & auspex.v1.Queued.$Shape;
            static create(properties?: auspex.v1.Queued.$Properties): auspex.v1.Queued;

            /**
             * Encodes the specified Queued message. Does not implicitly {@link auspex.v1.Queued.verify|verify} messages.
             * @param message Queued message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.Queued.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Queued message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.Queued & auspex.v1.Queued.$Shape} Queued
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.Queued & auspex.v1.Queued.$Shape;
        }

        namespace Queued {

            /** Properties of a Queued. */
            interface $Properties {

                /** Queued position */
                position?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Queued. */
            type $Shape = auspex.v1.Queued.$Properties;
        }

        /**
         * Properties of a Started.
         * @deprecated Use auspex.v1.Started.$Properties instead.
         */
        interface IStarted extends auspex.v1.Started.$Properties {
        }

        /** Represents a Started. */
        class Started {

            /**
             * Constructs a new Started.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.Started.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Started attempt. */
            attempt: number;

            /** Started resumed. */
            resumed: boolean;

            /**
             * Creates a new Started instance using the specified properties.
             * @param [properties] Properties to set
             * @returns Started instance
             */
            static create(properties: auspex.v1.Started.$Shape): auspex.v1.Started & auspex.v1.Started.$Shape;
            static create(properties?: auspex.v1.Started.$Properties): auspex.v1.Started;

            /**
             * Encodes the specified Started message. Does not implicitly {@link auspex.v1.Started.verify|verify} messages.
             * @param message Started message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.Started.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Started message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.Started & auspex.v1.Started.$Shape} Started
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.Started & auspex.v1.Started.$Shape;
        }

        namespace Started {

            /** Properties of a Started. */
            interface $Properties {

                /** Started attempt */
                attempt?: (number|null);

                /** Started resumed */
                resumed?: (boolean|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Started. */
            type $Shape = auspex.v1.Started.$Properties;
        }

        /**
         * Properties of a JobProgress.
         * @deprecated Use auspex.v1.JobProgress.$Properties instead.
         */
        interface IJobProgress extends auspex.v1.JobProgress.$Properties {
        }

        /** Represents a JobProgress. */
        class JobProgress {

            /**
             * Constructs a new JobProgress.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.JobProgress.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** JobProgress step. */
            step: number;

            /** JobProgress total. */
            total: number;

            /** JobProgress loss. */
            loss?: (number|null);

            /** JobProgress imagesPerSecond. */
            imagesPerSecond?: (number|null);

            /**
             * Creates a new JobProgress instance using the specified properties.
             * @param [properties] Properties to set
             * @returns JobProgress instance
             */
            static create(properties: auspex.v1.JobProgress.$Shape): auspex.v1.JobProgress & auspex.v1.JobProgress.$Shape;
            static create(properties?: auspex.v1.JobProgress.$Properties): auspex.v1.JobProgress;

            /**
             * Encodes the specified JobProgress message. Does not implicitly {@link auspex.v1.JobProgress.verify|verify} messages.
             * @param message JobProgress message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.JobProgress.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a JobProgress message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.JobProgress & auspex.v1.JobProgress.$Shape} JobProgress
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.JobProgress & auspex.v1.JobProgress.$Shape;
        }

        namespace JobProgress {

            /** Properties of a JobProgress. */
            interface $Properties {

                /** JobProgress step */
                step?: (number|null);

                /** JobProgress total */
                total?: (number|null);

                /** JobProgress loss */
                loss?: (number|null);

                /** JobProgress imagesPerSecond */
                imagesPerSecond?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a JobProgress. */
            type $Shape = auspex.v1.JobProgress.$Properties;
        }

        /**
         * Properties of a Checkpoint.
         * @deprecated Use auspex.v1.Checkpoint.$Properties instead.
         */
        interface ICheckpoint extends auspex.v1.Checkpoint.$Properties {
        }

        /** Represents a Checkpoint. */
        class Checkpoint {

            /**
             * Constructs a new Checkpoint.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.Checkpoint.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Checkpoint step. */
            step: number;

            /** Checkpoint path. */
            path: string;

            /**
             * Creates a new Checkpoint instance using the specified properties.
             * @param [properties] Properties to set
             * @returns Checkpoint instance
             */
            static create(properties: auspex.v1.Checkpoint.$Shape): auspex.v1.Checkpoint & auspex.v1.Checkpoint.$Shape;
            static create(properties?: auspex.v1.Checkpoint.$Properties): auspex.v1.Checkpoint;

            /**
             * Encodes the specified Checkpoint message. Does not implicitly {@link auspex.v1.Checkpoint.verify|verify} messages.
             * @param message Checkpoint message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.Checkpoint.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Checkpoint message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.Checkpoint & auspex.v1.Checkpoint.$Shape} Checkpoint
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.Checkpoint & auspex.v1.Checkpoint.$Shape;
        }

        namespace Checkpoint {

            /** Properties of a Checkpoint. */
            interface $Properties {

                /** Checkpoint step */
                step?: (number|null);

                /** Checkpoint path */
                path?: (string|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Checkpoint. */
            type $Shape = auspex.v1.Checkpoint.$Properties;
        }

        /**
         * Properties of a Succeeded.
         * @deprecated Use auspex.v1.Succeeded.$Properties instead.
         */
        interface ISucceeded extends auspex.v1.Succeeded.$Properties {
        }

        /** Represents a Succeeded. */
        class Succeeded {

            /**
             * Constructs a new Succeeded.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.Succeeded.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Succeeded result. */
            result?: (auspex.v1.Result.$Properties|null);

            /**
             * Creates a new Succeeded instance using the specified properties.
             * @param [properties] Properties to set
             * @returns Succeeded instance
             */
            static create(properties: auspex.v1.Succeeded.$Shape): auspex.v1.Succeeded & auspex.v1.Succeeded.$Shape;
            static create(properties?: auspex.v1.Succeeded.$Properties): auspex.v1.Succeeded;

            /**
             * Encodes the specified Succeeded message. Does not implicitly {@link auspex.v1.Succeeded.verify|verify} messages.
             * @param message Succeeded message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.Succeeded.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Succeeded message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.Succeeded & auspex.v1.Succeeded.$Shape} Succeeded
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.Succeeded & auspex.v1.Succeeded.$Shape;
        }

        namespace Succeeded {

            /** Properties of a Succeeded. */
            interface $Properties {

                /** Succeeded result */
                result?: (auspex.v1.Result.$Properties|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Succeeded. */
            type $Shape = {
              result?: auspex.v1.Result.$Shape|null;
              $unknowns?: Uint8Array[];
            };
        }

        /**
         * Properties of a Failed.
         * @deprecated Use auspex.v1.Failed.$Properties instead.
         */
        interface IFailed extends auspex.v1.Failed.$Properties {
        }

        /** Represents a Failed. */
        class Failed {

            /**
             * Constructs a new Failed.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.Failed.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Failed code. */
            code: string;

            /** Failed message. */
            message: string;

            /** Failed willRetry. */
            willRetry: boolean;

            /** Failed retryAt. */
            retryAt: string;

            /**
             * Creates a new Failed instance using the specified properties.
             * @param [properties] Properties to set
             * @returns Failed instance
             */
            static create(properties: auspex.v1.Failed.$Shape): auspex.v1.Failed & auspex.v1.Failed.$Shape;
            static create(properties?: auspex.v1.Failed.$Properties): auspex.v1.Failed;

            /**
             * Encodes the specified Failed message. Does not implicitly {@link auspex.v1.Failed.verify|verify} messages.
             * @param message Failed message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.Failed.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Failed message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.Failed & auspex.v1.Failed.$Shape} Failed
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.Failed & auspex.v1.Failed.$Shape;
        }

        namespace Failed {

            /** Properties of a Failed. */
            interface $Properties {

                /** Failed code */
                code?: (string|null);

                /** Failed message */
                message?: (string|null);

                /** Failed willRetry */
                willRetry?: (boolean|null);

                /** Failed retryAt */
                retryAt?: (string|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Failed. */
            type $Shape = auspex.v1.Failed.$Properties;
        }

        /**
         * Properties of a Retrying.
         * @deprecated Use auspex.v1.Retrying.$Properties instead.
         */
        interface IRetrying extends auspex.v1.Retrying.$Properties {
        }

        /** Represents a Retrying. */
        class Retrying {

            /**
             * Constructs a new Retrying.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.Retrying.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Retrying attempt. */
            attempt: number;

            /**
             * Creates a new Retrying instance using the specified properties.
             * @param [properties] Properties to set
             * @returns Retrying instance
             */
            static create(properties: auspex.v1.Retrying.$Shape): auspex.v1.Retrying & auspex.v1.Retrying.$Shape;
            static create(properties?: auspex.v1.Retrying.$Properties): auspex.v1.Retrying;

            /**
             * Encodes the specified Retrying message. Does not implicitly {@link auspex.v1.Retrying.verify|verify} messages.
             * @param message Retrying message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.Retrying.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Retrying message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.Retrying & auspex.v1.Retrying.$Shape} Retrying
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.Retrying & auspex.v1.Retrying.$Shape;
        }

        namespace Retrying {

            /** Properties of a Retrying. */
            interface $Properties {

                /** Retrying attempt */
                attempt?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Retrying. */
            type $Shape = auspex.v1.Retrying.$Properties;
        }

        /**
         * Properties of a Cancelled.
         * @deprecated Use auspex.v1.Cancelled.$Properties instead.
         */
        interface ICancelled extends auspex.v1.Cancelled.$Properties {
        }

        /** Represents a Cancelled. */
        class Cancelled {

            /**
             * Constructs a new Cancelled.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.Cancelled.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /**
             * Creates a new Cancelled instance using the specified properties.
             * @param [properties] Properties to set
             * @returns Cancelled instance
             */
            static create(properties: auspex.v1.Cancelled.$Shape): auspex.v1.Cancelled & auspex.v1.Cancelled.$Shape;
            static create(properties?: auspex.v1.Cancelled.$Properties): auspex.v1.Cancelled;

            /**
             * Encodes the specified Cancelled message. Does not implicitly {@link auspex.v1.Cancelled.verify|verify} messages.
             * @param message Cancelled message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.Cancelled.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Cancelled message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.Cancelled & auspex.v1.Cancelled.$Shape} Cancelled
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.Cancelled & auspex.v1.Cancelled.$Shape;
        }

        namespace Cancelled {

            /** Properties of a Cancelled. */
            interface $Properties {

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Cancelled. */
            type $Shape = auspex.v1.Cancelled.$Properties;
        }

        /**
         * Properties of a Rejected.
         * @deprecated Use auspex.v1.Rejected.$Properties instead.
         */
        interface IRejected extends auspex.v1.Rejected.$Properties {
        }

        /** Represents a Rejected. */
        class Rejected {

            /**
             * Constructs a new Rejected.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.Rejected.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Rejected code. */
            code: string;

            /** Rejected message. */
            message: string;

            /** Rejected source. */
            source: string;

            /**
             * Creates a new Rejected instance using the specified properties.
             * @param [properties] Properties to set
             * @returns Rejected instance
             */
            static create(properties: auspex.v1.Rejected.$Shape): auspex.v1.Rejected & auspex.v1.Rejected.$Shape;
            static create(properties?: auspex.v1.Rejected.$Properties): auspex.v1.Rejected;

            /**
             * Encodes the specified Rejected message. Does not implicitly {@link auspex.v1.Rejected.verify|verify} messages.
             * @param message Rejected message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.Rejected.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Rejected message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.Rejected & auspex.v1.Rejected.$Shape} Rejected
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.Rejected & auspex.v1.Rejected.$Shape;
        }

        namespace Rejected {

            /** Properties of a Rejected. */
            interface $Properties {

                /** Rejected code */
                code?: (string|null);

                /** Rejected message */
                message?: (string|null);

                /** Rejected source */
                source?: (string|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Rejected. */
            type $Shape = auspex.v1.Rejected.$Properties;
        }

        /**
         * Properties of a Worse.
         * @deprecated Use auspex.v1.Worse.$Properties instead.
         */
        interface IWorse extends auspex.v1.Worse.$Properties {
        }

        /** Represents a Worse. */
        class Worse {

            /**
             * Constructs a new Worse.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.Worse.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Worse name. */
            name: string;

            /** Worse step. */
            step: number;

            /** Worse metric. */
            metric: string;

            /** Worse of. */
            of: { [k: string]: string };

            /** Worse value. */
            value: number;

            /** Worse bestValue. */
            bestValue: number;

            /** Worse bestStep. */
            bestStep: number;

            /** Worse bound. */
            bound: number;

            /**
             * Creates a new Worse instance using the specified properties.
             * @param [properties] Properties to set
             * @returns Worse instance
             */
            static create(properties: auspex.v1.Worse.$Shape): auspex.v1.Worse & auspex.v1.Worse.$Shape;
            static create(properties?: auspex.v1.Worse.$Properties): auspex.v1.Worse;

            /**
             * Encodes the specified Worse message. Does not implicitly {@link auspex.v1.Worse.verify|verify} messages.
             * @param message Worse message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.Worse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Worse message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.Worse & auspex.v1.Worse.$Shape} Worse
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.Worse & auspex.v1.Worse.$Shape;
        }

        namespace Worse {

            /** Properties of a Worse. */
            interface $Properties {

                /** Worse name */
                name?: (string|null);

                /** Worse step */
                step?: (number|null);

                /** Worse metric */
                metric?: (string|null);

                /** Worse of */
                of?: ({ [k: string]: string }|null);

                /** Worse value */
                value?: (number|null);

                /** Worse bestValue */
                bestValue?: (number|null);

                /** Worse bestStep */
                bestStep?: (number|null);

                /** Worse bound */
                bound?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Worse. */
            type $Shape = auspex.v1.Worse.$Properties;
        }

        /**
         * Properties of a Result.
         * @deprecated Use auspex.v1.Result.$Properties instead.
         */
        interface IResult extends auspex.v1.Result.$Properties {
        }

        /** Represents a Result. */
        class Result {

            /**
             * Constructs a new Result.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.Result.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Result training. */
            training?: (auspex.v1.TrainingResult.$Properties|null);

            /** Result features. */
            features?: (auspex.v1.FeaturesResult.$Properties|null);

            /** Result knn. */
            knn?: (auspex.v1.KnnResult.$Properties|null);

            /** Result metrics. */
            metrics?: (auspex.v1.MetricsResult.$Properties|null);

            /** Result result. */
            result?: ("training"|"features"|"knn"|"metrics");

            /**
             * Creates a new Result instance using the specified properties.
             * @param [properties] Properties to set
             * @returns Result instance
             */
            static create(properties: auspex.v1.Result.$Shape): auspex.v1.Result & auspex.v1.Result.$Shape;
            static create(properties?: auspex.v1.Result.$Properties): auspex.v1.Result;

            /**
             * Encodes the specified Result message. Does not implicitly {@link auspex.v1.Result.verify|verify} messages.
             * @param message Result message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.Result.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Result message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.Result & auspex.v1.Result.$Shape} Result
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.Result & auspex.v1.Result.$Shape;
        }

        namespace Result {

            /** Properties of a Result. */
            interface $Properties {

                /** Result training */
                training?: (auspex.v1.TrainingResult.$Properties|null);

                /** Result features */
                features?: (auspex.v1.FeaturesResult.$Properties|null);

                /** Result knn */
                knn?: (auspex.v1.KnnResult.$Properties|null);

                /** Result metrics */
                metrics?: (auspex.v1.MetricsResult.$Properties|null);

                /** Result result */
                result?: ("training"|"features"|"knn"|"metrics");

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Narrowed shape of a Result. */
            type $Shape = {
              training?: auspex.v1.TrainingResult.$Shape|null;
              features?: auspex.v1.FeaturesResult.$Shape|null;
              knn?: auspex.v1.KnnResult.$Shape|null;
              metrics?: auspex.v1.MetricsResult.$Shape|null;
              $unknowns?: Uint8Array[];
            } & (
              ({ result?: undefined; training?: null; features?: null; knn?: null; metrics?: null }|{ result?: "training"; training: auspex.v1.TrainingResult.$Shape; features?: null; knn?: null; metrics?: null }|{ result?: "features"; training?: null; features: auspex.v1.FeaturesResult.$Shape; knn?: null; metrics?: null }|{ result?: "knn"; training?: null; features?: null; knn: auspex.v1.KnnResult.$Shape; metrics?: null }|{ result?: "metrics"; training?: null; features?: null; knn?: null; metrics: auspex.v1.MetricsResult.$Shape })
            );
        }

        /**
         * Properties of a TrainingResult.
         * @deprecated Use auspex.v1.TrainingResult.$Properties instead.
         */
        interface ITrainingResult extends auspex.v1.TrainingResult.$Properties {
        }

        /** Represents a TrainingResult. */
        class TrainingResult {

            /**
             * Constructs a new TrainingResult.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.TrainingResult.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** TrainingResult out. */
            out: string;

            /** TrainingResult steps. */
            steps: number;

            /** TrainingResult loss. */
            loss?: (number|null);

            /** TrainingResult checkpoint. */
            checkpoint: string;

            /**
             * Creates a new TrainingResult instance using the specified properties.
             * @param [properties] Properties to set
             * @returns TrainingResult instance
             */
            static create(properties: auspex.v1.TrainingResult.$Shape): auspex.v1.TrainingResult & auspex.v1.TrainingResult.$Shape;
            static create(properties?: auspex.v1.TrainingResult.$Properties): auspex.v1.TrainingResult;

            /**
             * Encodes the specified TrainingResult message. Does not implicitly {@link auspex.v1.TrainingResult.verify|verify} messages.
             * @param message TrainingResult message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.TrainingResult.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a TrainingResult message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.TrainingResult & auspex.v1.TrainingResult.$Shape} TrainingResult
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.TrainingResult & auspex.v1.TrainingResult.$Shape;
        }

        namespace TrainingResult {

            /** Properties of a TrainingResult. */
            interface $Properties {

                /** TrainingResult out */
                out?: (string|null);

                /** TrainingResult steps */
                steps?: (number|null);

                /** TrainingResult loss */
                loss?: (number|null);

                /** TrainingResult checkpoint */
                checkpoint?: (string|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a TrainingResult. */
            type $Shape = auspex.v1.TrainingResult.$Properties;
        }

        /**
         * Properties of a FeaturesResult.
         * @deprecated Use auspex.v1.FeaturesResult.$Properties instead.
         */
        interface IFeaturesResult extends auspex.v1.FeaturesResult.$Properties {
        }

        /** Represents a FeaturesResult. */
        class FeaturesResult {

            /**
             * Constructs a new FeaturesResult.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.FeaturesResult.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** FeaturesResult out. */
            out: string;

            /** FeaturesResult shape. */
            shape: number[];

            /** FeaturesResult images. */
            images: number;

            /** FeaturesResult skipped. */
            skipped: number;

            /**
             * Creates a new FeaturesResult instance using the specified properties.
             * @param [properties] Properties to set
             * @returns FeaturesResult instance
             */
            static create(properties: auspex.v1.FeaturesResult.$Shape): auspex.v1.FeaturesResult & auspex.v1.FeaturesResult.$Shape;
            static create(properties?: auspex.v1.FeaturesResult.$Properties): auspex.v1.FeaturesResult;

            /**
             * Encodes the specified FeaturesResult message. Does not implicitly {@link auspex.v1.FeaturesResult.verify|verify} messages.
             * @param message FeaturesResult message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.FeaturesResult.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a FeaturesResult message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.FeaturesResult & auspex.v1.FeaturesResult.$Shape} FeaturesResult
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.FeaturesResult & auspex.v1.FeaturesResult.$Shape;
        }

        namespace FeaturesResult {

            /** Properties of a FeaturesResult. */
            interface $Properties {

                /** FeaturesResult out */
                out?: (string|null);

                /** FeaturesResult shape */
                shape?: (number[]|null);

                /** FeaturesResult images */
                images?: (number|null);

                /** FeaturesResult skipped */
                skipped?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a FeaturesResult. */
            type $Shape = auspex.v1.FeaturesResult.$Properties;
        }

        /**
         * Properties of a KnnResult.
         * @deprecated Use auspex.v1.KnnResult.$Properties instead.
         */
        interface IKnnResult extends auspex.v1.KnnResult.$Properties {
        }

        /** Represents a KnnResult. */
        class KnnResult {

            /**
             * Constructs a new KnnResult.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.KnnResult.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** KnnResult accuracy. */
            accuracy: number;

            /** KnnResult low. */
            low: number;

            /** KnnResult high. */
            high: number;

            /** KnnResult images. */
            images: number;

            /** KnnResult classes. */
            classes: number;

            /** KnnResult k. */
            k: number;

            /** KnnResult skipped. */
            skipped: number;

            /**
             * Creates a new KnnResult instance using the specified properties.
             * @param [properties] Properties to set
             * @returns KnnResult instance
             */
            static create(properties: auspex.v1.KnnResult.$Shape): auspex.v1.KnnResult & auspex.v1.KnnResult.$Shape;
            static create(properties?: auspex.v1.KnnResult.$Properties): auspex.v1.KnnResult;

            /**
             * Encodes the specified KnnResult message. Does not implicitly {@link auspex.v1.KnnResult.verify|verify} messages.
             * @param message KnnResult message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.KnnResult.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a KnnResult message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.KnnResult & auspex.v1.KnnResult.$Shape} KnnResult
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.KnnResult & auspex.v1.KnnResult.$Shape;
        }

        namespace KnnResult {

            /** Properties of a KnnResult. */
            interface $Properties {

                /** KnnResult accuracy */
                accuracy?: (number|null);

                /** KnnResult low */
                low?: (number|null);

                /** KnnResult high */
                high?: (number|null);

                /** KnnResult images */
                images?: (number|null);

                /** KnnResult classes */
                classes?: (number|null);

                /** KnnResult k */
                k?: (number|null);

                /** KnnResult skipped */
                skipped?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a KnnResult. */
            type $Shape = auspex.v1.KnnResult.$Properties;
        }

        /**
         * Properties of a MetricsResult.
         * @deprecated Use auspex.v1.MetricsResult.$Properties instead.
         */
        interface IMetricsResult extends auspex.v1.MetricsResult.$Properties {
        }

        /** Represents a MetricsResult. */
        class MetricsResult {

            /**
             * Constructs a new MetricsResult.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.MetricsResult.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** MetricsResult protocol. */
            protocol: string;

            /** MetricsResult out. */
            out: string;

            /** MetricsResult metrics. */
            metrics: auspex.v1.Metric.$Properties[];

            /** MetricsResult images. */
            images: number;

            /** MetricsResult classes. */
            classes: number;

            /** MetricsResult skipped. */
            skipped: number;

            /**
             * Creates a new MetricsResult instance using the specified properties.
             * @param [properties] Properties to set
             * @returns MetricsResult instance
             */
            static create(properties: auspex.v1.MetricsResult.$Shape): auspex.v1.MetricsResult & auspex.v1.MetricsResult.$Shape;
            static create(properties?: auspex.v1.MetricsResult.$Properties): auspex.v1.MetricsResult;

            /**
             * Encodes the specified MetricsResult message. Does not implicitly {@link auspex.v1.MetricsResult.verify|verify} messages.
             * @param message MetricsResult message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.MetricsResult.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a MetricsResult message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.MetricsResult & auspex.v1.MetricsResult.$Shape} MetricsResult
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.MetricsResult & auspex.v1.MetricsResult.$Shape;
        }

        namespace MetricsResult {

            /** Properties of a MetricsResult. */
            interface $Properties {

                /** MetricsResult protocol */
                protocol?: (string|null);

                /** MetricsResult out */
                out?: (string|null);

                /** MetricsResult metrics */
                metrics?: (auspex.v1.Metric.$Properties[]|null);

                /** MetricsResult images */
                images?: (number|null);

                /** MetricsResult classes */
                classes?: (number|null);

                /** MetricsResult skipped */
                skipped?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a MetricsResult. */
            type $Shape = auspex.v1.MetricsResult.$Properties;
        }

        /**
         * Properties of a Metric.
         * @deprecated Use auspex.v1.Metric.$Properties instead.
         */
        interface IMetric extends auspex.v1.Metric.$Properties {
        }

        /** Represents a Metric. */
        class Metric {

            /**
             * Constructs a new Metric.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.Metric.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Metric name. */
            name: string;

            /** Metric value. */
            value: number;

            /** Metric low. */
            low: number;

            /** Metric high. */
            high: number;

            /** Metric count. */
            count: number;

            /** Metric of. */
            of: { [k: string]: string };

            /**
             * Creates a new Metric instance using the specified properties.
             * @param [properties] Properties to set
             * @returns Metric instance
             */
            static create(properties: auspex.v1.Metric.$Shape): auspex.v1.Metric & auspex.v1.Metric.$Shape;
            static create(properties?: auspex.v1.Metric.$Properties): auspex.v1.Metric;

            /**
             * Encodes the specified Metric message. Does not implicitly {@link auspex.v1.Metric.verify|verify} messages.
             * @param message Metric message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.Metric.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Metric message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.Metric & auspex.v1.Metric.$Shape} Metric
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.Metric & auspex.v1.Metric.$Shape;
        }

        namespace Metric {

            /** Properties of a Metric. */
            interface $Properties {

                /** Metric name */
                name?: (string|null);

                /** Metric value */
                value?: (number|null);

                /** Metric low */
                low?: (number|null);

                /** Metric high */
                high?: (number|null);

                /** Metric count */
                count?: (number|null);

                /** Metric of */
                of?: ({ [k: string]: string }|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Metric. */
            type $Shape = auspex.v1.Metric.$Properties;
        }

        /**
         * Properties of an EvaluationResult.
         * @deprecated Use auspex.v1.EvaluationResult.$Properties instead.
         */
        interface IEvaluationResult extends auspex.v1.EvaluationResult.$Properties {
        }

        /** Represents an EvaluationResult. */
        class EvaluationResult {

            /**
             * Constructs a new EvaluationResult.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.EvaluationResult.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** EvaluationResult schema. */
            schema: number;

            /** EvaluationResult job. */
            job: string;

            /** EvaluationResult checkpoint. */
            checkpoint: string;

            /** EvaluationResult data. */
            data: string;

            /** EvaluationResult time. */
            time: string;

            /** EvaluationResult result. */
            result?: (auspex.v1.Result.$Properties|null);

            /**
             * Creates a new EvaluationResult instance using the specified properties.
             * @param [properties] Properties to set
             * @returns EvaluationResult instance
             */
            static create(properties: auspex.v1.EvaluationResult.$Shape): auspex.v1.EvaluationResult & auspex.v1.EvaluationResult.$Shape;
            static create(properties?: auspex.v1.EvaluationResult.$Properties): auspex.v1.EvaluationResult;

            /**
             * Encodes the specified EvaluationResult message. Does not implicitly {@link auspex.v1.EvaluationResult.verify|verify} messages.
             * @param message EvaluationResult message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.EvaluationResult.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes an EvaluationResult message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.EvaluationResult & auspex.v1.EvaluationResult.$Shape} EvaluationResult
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.EvaluationResult & auspex.v1.EvaluationResult.$Shape;
        }

        namespace EvaluationResult {

            /** Properties of an EvaluationResult. */
            interface $Properties {

                /** EvaluationResult schema */
                schema?: (number|null);

                /** EvaluationResult job */
                job?: (string|null);

                /** EvaluationResult checkpoint */
                checkpoint?: (string|null);

                /** EvaluationResult data */
                data?: (string|null);

                /** EvaluationResult time */
                time?: (string|null);

                /** EvaluationResult result */
                result?: (auspex.v1.Result.$Properties|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of an EvaluationResult. */
            type $Shape = {
              schema?: number|null;
              job?: string|null;
              checkpoint?: string|null;
              data?: string|null;
              time?: string|null;
              result?: auspex.v1.Result.$Shape|null;
              $unknowns?: Uint8Array[];
            };
        }

        /**
         * Properties of a DeadLetter.
         * @deprecated Use auspex.v1.DeadLetter.$Properties instead.
         */
        interface IDeadLetter extends auspex.v1.DeadLetter.$Properties {
        }

        /** Represents a DeadLetter. */
        class DeadLetter {

            /**
             * Constructs a new DeadLetter.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.DeadLetter.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** DeadLetter schema. */
            schema: number;

            /** DeadLetter sourceTopic. */
            sourceTopic: string;

            /** DeadLetter sourcePartition. */
            sourcePartition: number;

            /** DeadLetter sourceOffset. */
            sourceOffset: number;

            /** DeadLetter key. */
            key?: (Uint8Array|null);

            /** DeadLetter body. */
            body: Uint8Array;

            /** DeadLetter bodyLeftOut. */
            bodyLeftOut: boolean;

            /** DeadLetter headers. */
            headers: { [k: string]: string };

            /** DeadLetter code. */
            code: string;

            /** DeadLetter reason. */
            reason: string;

            /** DeadLetter time. */
            time: string;

            /**
             * Creates a new DeadLetter instance using the specified properties.
             * @param [properties] Properties to set
             * @returns DeadLetter instance
             */
            static create(properties: auspex.v1.DeadLetter.$Shape): auspex.v1.DeadLetter & auspex.v1.DeadLetter.$Shape;
            static create(properties?: auspex.v1.DeadLetter.$Properties): auspex.v1.DeadLetter;

            /**
             * Encodes the specified DeadLetter message. Does not implicitly {@link auspex.v1.DeadLetter.verify|verify} messages.
             * @param message DeadLetter message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.DeadLetter.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a DeadLetter message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.DeadLetter & auspex.v1.DeadLetter.$Shape} DeadLetter
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.DeadLetter & auspex.v1.DeadLetter.$Shape;
        }

        namespace DeadLetter {

            /** Properties of a DeadLetter. */
            interface $Properties {

                /** DeadLetter schema */
                schema?: (number|null);

                /** DeadLetter sourceTopic */
                sourceTopic?: (string|null);

                /** DeadLetter sourcePartition */
                sourcePartition?: (number|null);

                /** DeadLetter sourceOffset */
                sourceOffset?: (number|null);

                /** DeadLetter key */
                key?: (Uint8Array|null);

                /** DeadLetter body */
                body?: (Uint8Array|null);

                /** DeadLetter bodyLeftOut */
                bodyLeftOut?: (boolean|null);

                /** DeadLetter headers */
                headers?: ({ [k: string]: string }|null);

                /** DeadLetter code */
                code?: (string|null);

                /** DeadLetter reason */
                reason?: (string|null);

                /** DeadLetter time */
                time?: (string|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a DeadLetter. */
            type $Shape = auspex.v1.DeadLetter.$Properties;
        }

        /**
         * Properties of a DeadLetterResolution.
         * @deprecated Use auspex.v1.DeadLetterResolution.$Properties instead.
         */
        interface IDeadLetterResolution extends auspex.v1.DeadLetterResolution.$Properties {
        }

        /** Represents a DeadLetterResolution. */
        class DeadLetterResolution {

            /**
             * Constructs a new DeadLetterResolution.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.DeadLetterResolution.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** DeadLetterResolution schema. */
            schema: number;

            /** DeadLetterResolution action. */
            action: string;

            /** DeadLetterResolution time. */
            time: string;

            /**
             * Creates a new DeadLetterResolution instance using the specified properties.
             * @param [properties] Properties to set
             * @returns DeadLetterResolution instance
             */
            static create(properties: auspex.v1.DeadLetterResolution.$Shape): auspex.v1.DeadLetterResolution & auspex.v1.DeadLetterResolution.$Shape;
            static create(properties?: auspex.v1.DeadLetterResolution.$Properties): auspex.v1.DeadLetterResolution;

            /**
             * Encodes the specified DeadLetterResolution message. Does not implicitly {@link auspex.v1.DeadLetterResolution.verify|verify} messages.
             * @param message DeadLetterResolution message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.DeadLetterResolution.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a DeadLetterResolution message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.DeadLetterResolution & auspex.v1.DeadLetterResolution.$Shape} DeadLetterResolution
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.DeadLetterResolution & auspex.v1.DeadLetterResolution.$Shape;
        }

        namespace DeadLetterResolution {

            /** Properties of a DeadLetterResolution. */
            interface $Properties {

                /** DeadLetterResolution schema */
                schema?: (number|null);

                /** DeadLetterResolution action */
                action?: (string|null);

                /** DeadLetterResolution time */
                time?: (string|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a DeadLetterResolution. */
            type $Shape = auspex.v1.DeadLetterResolution.$Properties;
        }
    }
}
