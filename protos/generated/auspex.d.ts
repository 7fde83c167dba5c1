import * as $protobuf from "../protobuf.js";
import Long = require("long");

/** Namespace auspex. */
export namespace auspex {

    /** Namespace v1. */
    namespace v1 {

        /**
         * Properties of a ListCheckpointsRequest.
         * @deprecated Use auspex.v1.ListCheckpointsRequest.$Properties instead.
         */
        interface IListCheckpointsRequest extends auspex.v1.ListCheckpointsRequest.$Properties {
        }

        /** Represents a ListCheckpointsRequest. */
        class ListCheckpointsRequest {

            /**
             * Constructs a new ListCheckpointsRequest.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.ListCheckpointsRequest.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** ListCheckpointsRequest run. */
            run: string;

            /**
             * Creates a new ListCheckpointsRequest instance using the specified properties.
             * @param [properties] Properties to set
             * @returns ListCheckpointsRequest instance
             */
            static create(properties: auspex.v1.ListCheckpointsRequest.$Shape): auspex.v1.ListCheckpointsRequest & auspex.v1.ListCheckpointsRequest.$Shape;
            static create(properties?: auspex.v1.ListCheckpointsRequest.$Properties): auspex.v1.ListCheckpointsRequest;

            /**
             * Encodes the specified ListCheckpointsRequest message. Does not implicitly {@link auspex.v1.ListCheckpointsRequest.verify|verify} messages.
             * @param message ListCheckpointsRequest message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.ListCheckpointsRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a ListCheckpointsRequest message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.ListCheckpointsRequest & auspex.v1.ListCheckpointsRequest.$Shape} ListCheckpointsRequest
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.ListCheckpointsRequest & auspex.v1.ListCheckpointsRequest.$Shape;
        }

        namespace ListCheckpointsRequest {

            /** Properties of a ListCheckpointsRequest. */
            interface $Properties {

                /** ListCheckpointsRequest run */
                run?: (string|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a ListCheckpointsRequest. */
            type $Shape = auspex.v1.ListCheckpointsRequest.$Properties;
        }

        /**
         * Properties of a ListCheckpointsResponse.
         * @deprecated Use auspex.v1.ListCheckpointsResponse.$Properties instead.
         */
        interface IListCheckpointsResponse extends auspex.v1.ListCheckpointsResponse.$Properties {
        }

        /** Represents a ListCheckpointsResponse. */
        class ListCheckpointsResponse {

            /**
             * Constructs a new ListCheckpointsResponse.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.ListCheckpointsResponse.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** ListCheckpointsResponse checkpoints. */
            checkpoints: auspex.v1.CheckpointSummary.$Properties[];

            /**
             * Creates a new ListCheckpointsResponse instance using the specified properties.
             * @param [properties] Properties to set
             * @returns ListCheckpointsResponse instance
             */
            static create(properties: auspex.v1.ListCheckpointsResponse.$Shape): auspex.v1.ListCheckpointsResponse & auspex.v1.ListCheckpointsResponse.$Shape;
            static create(properties?: auspex.v1.ListCheckpointsResponse.$Properties): auspex.v1.ListCheckpointsResponse;

            /**
             * Encodes the specified ListCheckpointsResponse message. Does not implicitly {@link auspex.v1.ListCheckpointsResponse.verify|verify} messages.
             * @param message ListCheckpointsResponse message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.ListCheckpointsResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a ListCheckpointsResponse message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.ListCheckpointsResponse & auspex.v1.ListCheckpointsResponse.$Shape} ListCheckpointsResponse
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.ListCheckpointsResponse & auspex.v1.ListCheckpointsResponse.$Shape;
        }

        namespace ListCheckpointsResponse {

            /** Properties of a ListCheckpointsResponse. */
            interface $Properties {

                /** ListCheckpointsResponse checkpoints */
                checkpoints?: (auspex.v1.CheckpointSummary.$Properties[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a ListCheckpointsResponse. */
            type $Shape = auspex.v1.ListCheckpointsResponse.$Properties;
        }

        /**
         * Properties of a CheckpointSummary.
         * @deprecated Use auspex.v1.CheckpointSummary.$Properties instead.
         */
        interface ICheckpointSummary extends auspex.v1.CheckpointSummary.$Properties {
        }

        /** Represents a CheckpointSummary. */
        class CheckpointSummary {

            /**
             * Constructs a new CheckpointSummary.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.CheckpointSummary.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** CheckpointSummary step. */
            step: number;

            /** CheckpointSummary path. */
            path: string;

            /** CheckpointSummary bytes. */
            bytes: number;

            /** CheckpointSummary ranks. */
            ranks: number;

            /** CheckpointSummary keptBecause. */
            keptBecause: string[];

            /** CheckpointSummary problem. */
            problem: string;

            /**
             * Creates a new CheckpointSummary instance using the specified properties.
             * @param [properties] Properties to set
             * @returns CheckpointSummary instance
             */
            static create(properties: auspex.v1.CheckpointSummary.$Shape): auspex.v1.CheckpointSummary & auspex.v1.CheckpointSummary.$Shape;
            static create(properties?: auspex.v1.CheckpointSummary.$Properties): auspex.v1.CheckpointSummary;

            /**
             * Encodes the specified CheckpointSummary message. Does not implicitly {@link auspex.v1.CheckpointSummary.verify|verify} messages.
             * @param message CheckpointSummary message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.CheckpointSummary.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a CheckpointSummary message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.CheckpointSummary & auspex.v1.CheckpointSummary.$Shape} CheckpointSummary
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.CheckpointSummary & auspex.v1.CheckpointSummary.$Shape;
        }

        namespace CheckpointSummary {

            /** Properties of a CheckpointSummary. */
            interface $Properties {

                /** CheckpointSummary step */
                step?: (number|null);

                /** CheckpointSummary path */
                path?: (string|null);

                /** CheckpointSummary bytes */
                bytes?: (number|null);

                /** CheckpointSummary ranks */
                ranks?: (number|null);

                /** CheckpointSummary keptBecause */
                keptBecause?: (string[]|null);

                /** CheckpointSummary problem */
                problem?: (string|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a CheckpointSummary. */
            type $Shape = auspex.v1.CheckpointSummary.$Properties;
        }

        /**
         * Properties of an InspectCheckpointRequest.
         * @deprecated Use auspex.v1.InspectCheckpointRequest.$Properties instead.
         */
        interface IInspectCheckpointRequest extends auspex.v1.InspectCheckpointRequest.$Properties {
        }

        /** Represents an InspectCheckpointRequest. */
        class InspectCheckpointRequest {

            /**
             * Constructs a new InspectCheckpointRequest.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.InspectCheckpointRequest.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** InspectCheckpointRequest checkpoint. */
            checkpoint: string;

            /**
             * Creates a new InspectCheckpointRequest instance using the specified properties.
             * @param [properties] Properties to set
             * @returns InspectCheckpointRequest instance
             */
            static create(properties: auspex.v1.InspectCheckpointRequest.$Shape): auspex.v1.InspectCheckpointRequest & auspex.v1.InspectCheckpointRequest.$Shape;
            static create(properties?: auspex.v1.InspectCheckpointRequest.$Properties): auspex.v1.InspectCheckpointRequest;

            /**
             * Encodes the specified InspectCheckpointRequest message. Does not implicitly {@link auspex.v1.InspectCheckpointRequest.verify|verify} messages.
             * @param message InspectCheckpointRequest message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.InspectCheckpointRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes an InspectCheckpointRequest message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.InspectCheckpointRequest & auspex.v1.InspectCheckpointRequest.$Shape} InspectCheckpointRequest
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.InspectCheckpointRequest & auspex.v1.InspectCheckpointRequest.$Shape;
        }

        namespace InspectCheckpointRequest {

            /** Properties of an InspectCheckpointRequest. */
            interface $Properties {

                /** InspectCheckpointRequest checkpoint */
                checkpoint?: (string|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of an InspectCheckpointRequest. */
            type $Shape = auspex.v1.InspectCheckpointRequest.$Properties;
        }

        /**
         * Properties of a CheckpointContents.
         * @deprecated Use auspex.v1.CheckpointContents.$Properties instead.
         */
        interface ICheckpointContents extends auspex.v1.CheckpointContents.$Properties {
        }

        /** Represents a CheckpointContents. */
        class CheckpointContents {

            /**
             * Constructs a new CheckpointContents.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.CheckpointContents.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** CheckpointContents step. */
            step: number;

            /** CheckpointContents path. */
            path: string;

            /** CheckpointContents files. */
            files: auspex.v1.CheckpointFile.$Properties[];

            /** CheckpointContents tensors. */
            tensors: auspex.v1.CheckpointTensor.$Properties[];

            /**
             * Creates a new CheckpointContents instance using the specified properties.
             * @param [properties] Properties to set
             * @returns CheckpointContents instance
             */
            static create(properties: auspex.v1.CheckpointContents.$Shape): auspex.v1.CheckpointContents & auspex.v1.CheckpointContents.$Shape;
            static create(properties?: auspex.v1.CheckpointContents.$Properties): auspex.v1.CheckpointContents;

            /**
             * Encodes the specified CheckpointContents message. Does not implicitly {@link auspex.v1.CheckpointContents.verify|verify} messages.
             * @param message CheckpointContents message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.CheckpointContents.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a CheckpointContents message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.CheckpointContents & auspex.v1.CheckpointContents.$Shape} CheckpointContents
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.CheckpointContents & auspex.v1.CheckpointContents.$Shape;
        }

        namespace CheckpointContents {

            /** Properties of a CheckpointContents. */
            interface $Properties {

                /** CheckpointContents step */
                step?: (number|null);

                /** CheckpointContents path */
                path?: (string|null);

                /** CheckpointContents files */
                files?: (auspex.v1.CheckpointFile.$Properties[]|null);

                /** CheckpointContents tensors */
                tensors?: (auspex.v1.CheckpointTensor.$Properties[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a CheckpointContents. */
            type $Shape = auspex.v1.CheckpointContents.$Properties;
        }

        /**
         * Properties of a CheckpointFile.
         * @deprecated Use auspex.v1.CheckpointFile.$Properties instead.
         */
        interface ICheckpointFile extends auspex.v1.CheckpointFile.$Properties {
        }

        /** Represents a CheckpointFile. */
        class CheckpointFile {

            /**
             * Constructs a new CheckpointFile.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.CheckpointFile.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** CheckpointFile name. */
            name: string;

            /** CheckpointFile bytes. */
            bytes: number;

            /** CheckpointFile sha256. */
            sha256: string;

            /**
             * Creates a new CheckpointFile instance using the specified properties.
             * @param [properties] Properties to set
             * @returns CheckpointFile instance
             */
            static create(properties: auspex.v1.CheckpointFile.$Shape): auspex.v1.CheckpointFile & auspex.v1.CheckpointFile.$Shape;
            static create(properties?: auspex.v1.CheckpointFile.$Properties): auspex.v1.CheckpointFile;

            /**
             * Encodes the specified CheckpointFile message. Does not implicitly {@link auspex.v1.CheckpointFile.verify|verify} messages.
             * @param message CheckpointFile message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.CheckpointFile.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a CheckpointFile message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.CheckpointFile & auspex.v1.CheckpointFile.$Shape} CheckpointFile
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.CheckpointFile & auspex.v1.CheckpointFile.$Shape;
        }

        namespace CheckpointFile {

            /** Properties of a CheckpointFile. */
            interface $Properties {

                /** CheckpointFile name */
                name?: (string|null);

                /** CheckpointFile bytes */
                bytes?: (number|null);

                /** CheckpointFile sha256 */
                sha256?: (string|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a CheckpointFile. */
            type $Shape = auspex.v1.CheckpointFile.$Properties;
        }

        /**
         * Properties of a CheckpointTensor.
         * @deprecated Use auspex.v1.CheckpointTensor.$Properties instead.
         */
        interface ICheckpointTensor extends auspex.v1.CheckpointTensor.$Properties {
        }

        /** Represents a CheckpointTensor. */
        class CheckpointTensor {

            /**
             * Constructs a new CheckpointTensor.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.CheckpointTensor.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** CheckpointTensor name. */
            name: string;

            /** CheckpointTensor dtype. */
            dtype: string;

            /** CheckpointTensor shape. */
            shape: number[];

            /**
             * Creates a new CheckpointTensor instance using the specified properties.
             * @param [properties] Properties to set
             * @returns CheckpointTensor instance
             */
            static create(properties: auspex.v1.CheckpointTensor.$Shape): auspex.v1.CheckpointTensor & auspex.v1.CheckpointTensor.$Shape;
            static create(properties?: auspex.v1.CheckpointTensor.$Properties): auspex.v1.CheckpointTensor;

            /**
             * Encodes the specified CheckpointTensor message. Does not implicitly {@link auspex.v1.CheckpointTensor.verify|verify} messages.
             * @param message CheckpointTensor message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.CheckpointTensor.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a CheckpointTensor message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.CheckpointTensor & auspex.v1.CheckpointTensor.$Shape} CheckpointTensor
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.CheckpointTensor & auspex.v1.CheckpointTensor.$Shape;
        }

        namespace CheckpointTensor {

            /** Properties of a CheckpointTensor. */
            interface $Properties {

                /** CheckpointTensor name */
                name?: (string|null);

                /** CheckpointTensor dtype */
                dtype?: (string|null);

                /** CheckpointTensor shape */
                shape?: (number[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a CheckpointTensor. */
            type $Shape = auspex.v1.CheckpointTensor.$Properties;
        }

        /**
         * Properties of a VerifyCheckpointRequest.
         * @deprecated Use auspex.v1.VerifyCheckpointRequest.$Properties instead.
         */
        interface IVerifyCheckpointRequest extends auspex.v1.VerifyCheckpointRequest.$Properties {
        }

        /** Represents a VerifyCheckpointRequest. */
        class VerifyCheckpointRequest {

            /**
             * Constructs a new VerifyCheckpointRequest.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.VerifyCheckpointRequest.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** VerifyCheckpointRequest checkpoint. */
            checkpoint: string;

            /**
             * Creates a new VerifyCheckpointRequest instance using the specified properties.
             * @param [properties] Properties to set
             * @returns VerifyCheckpointRequest instance
             */
            static create(properties: auspex.v1.VerifyCheckpointRequest.$Shape): auspex.v1.VerifyCheckpointRequest & auspex.v1.VerifyCheckpointRequest.$Shape;
            static create(properties?: auspex.v1.VerifyCheckpointRequest.$Properties): auspex.v1.VerifyCheckpointRequest;

            /**
             * Encodes the specified VerifyCheckpointRequest message. Does not implicitly {@link auspex.v1.VerifyCheckpointRequest.verify|verify} messages.
             * @param message VerifyCheckpointRequest message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.VerifyCheckpointRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a VerifyCheckpointRequest message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.VerifyCheckpointRequest & auspex.v1.VerifyCheckpointRequest.$Shape} VerifyCheckpointRequest
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.VerifyCheckpointRequest & auspex.v1.VerifyCheckpointRequest.$Shape;
        }

        namespace VerifyCheckpointRequest {

            /** Properties of a VerifyCheckpointRequest. */
            interface $Properties {

                /** VerifyCheckpointRequest checkpoint */
                checkpoint?: (string|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a VerifyCheckpointRequest. */
            type $Shape = auspex.v1.VerifyCheckpointRequest.$Properties;
        }

        /**
         * Properties of a VerifyCheckpointProgress.
         * @deprecated Use auspex.v1.VerifyCheckpointProgress.$Properties instead.
         */
        interface IVerifyCheckpointProgress extends auspex.v1.VerifyCheckpointProgress.$Properties {
        }

        /** Represents a VerifyCheckpointProgress. */
        class VerifyCheckpointProgress {

            /**
             * Constructs a new VerifyCheckpointProgress.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.VerifyCheckpointProgress.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** VerifyCheckpointProgress bytesDone. */
            bytesDone: number;

            /** VerifyCheckpointProgress bytesTotal. */
            bytesTotal: number;

            /** VerifyCheckpointProgress result. */
            result?: (auspex.v1.VerifyCheckpointResult.$Properties|null);

            /**
             * Creates a new VerifyCheckpointProgress instance using the specified properties.
             * @param [properties] Properties to set
             * @returns VerifyCheckpointProgress instance
             */
            static create(properties: auspex.v1.VerifyCheckpointProgress.$Shape): auspex.v1.VerifyCheckpointProgress & auspex.v1.VerifyCheckpointProgress.$Shape;
            static create(properties?: auspex.v1.VerifyCheckpointProgress.$Properties): auspex.v1.VerifyCheckpointProgress;

            /**
             * Encodes the specified VerifyCheckpointProgress message. Does not implicitly {@link auspex.v1.VerifyCheckpointProgress.verify|verify} messages.
             * @param message VerifyCheckpointProgress message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.VerifyCheckpointProgress.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a VerifyCheckpointProgress message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.VerifyCheckpointProgress & auspex.v1.VerifyCheckpointProgress.$Shape} VerifyCheckpointProgress
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.VerifyCheckpointProgress & auspex.v1.VerifyCheckpointProgress.$Shape;
        }

        namespace VerifyCheckpointProgress {

            /** Properties of a VerifyCheckpointProgress. */
            interface $Properties {

                /** VerifyCheckpointProgress bytesDone */
                bytesDone?: (number|null);

                /** VerifyCheckpointProgress bytesTotal */
                bytesTotal?: (number|null);

                /** VerifyCheckpointProgress result */
                result?: (auspex.v1.VerifyCheckpointResult.$Properties|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a VerifyCheckpointProgress. */
            type $Shape = auspex.v1.VerifyCheckpointProgress.$Properties;
        }

        /**
         * Properties of a VerifyCheckpointResult.
         * @deprecated Use auspex.v1.VerifyCheckpointResult.$Properties instead.
         */
        interface IVerifyCheckpointResult extends auspex.v1.VerifyCheckpointResult.$Properties {
        }

        /** Represents a VerifyCheckpointResult. */
        class VerifyCheckpointResult {

            /**
             * Constructs a new VerifyCheckpointResult.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.VerifyCheckpointResult.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** VerifyCheckpointResult good. */
            good: boolean;

            /** VerifyCheckpointResult problems. */
            problems: string[];

            /**
             * Creates a new VerifyCheckpointResult instance using the specified properties.
             * @param [properties] Properties to set
             * @returns VerifyCheckpointResult instance
             */
            static create(properties: auspex.v1.VerifyCheckpointResult.$Shape): auspex.v1.VerifyCheckpointResult & auspex.v1.VerifyCheckpointResult.$Shape;
            static create(properties?: auspex.v1.VerifyCheckpointResult.$Properties): auspex.v1.VerifyCheckpointResult;

            /**
             * Encodes the specified VerifyCheckpointResult message. Does not implicitly {@link auspex.v1.VerifyCheckpointResult.verify|verify} messages.
             * @param message VerifyCheckpointResult message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.VerifyCheckpointResult.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a VerifyCheckpointResult message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.VerifyCheckpointResult & auspex.v1.VerifyCheckpointResult.$Shape} VerifyCheckpointResult
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.VerifyCheckpointResult & auspex.v1.VerifyCheckpointResult.$Shape;
        }

        namespace VerifyCheckpointResult {

            /** Properties of a VerifyCheckpointResult. */
            interface $Properties {

                /** VerifyCheckpointResult good */
                good?: (boolean|null);

                /** VerifyCheckpointResult problems */
                problems?: (string[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a VerifyCheckpointResult. */
            type $Shape = auspex.v1.VerifyCheckpointResult.$Properties;
        }

        /**
         * Properties of a ReadFileRequest.
         * @deprecated Use auspex.v1.ReadFileRequest.$Properties instead.
         */
        interface IReadFileRequest extends auspex.v1.ReadFileRequest.$Properties {
        }

        /** Represents a ReadFileRequest. */
        class ReadFileRequest {

            /**
             * Constructs a new ReadFileRequest.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.ReadFileRequest.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** ReadFileRequest checkpoint. */
            checkpoint: string;

            /** ReadFileRequest file. */
            file: string;

            /** ReadFileRequest offset. */
            offset: number;

            /**
             * Creates a new ReadFileRequest instance using the specified properties.
             * @param [properties] Properties to set
             * @returns ReadFileRequest instance
             */
            static create(properties: auspex.v1.ReadFileRequest.$Shape): auspex.v1.ReadFileRequest & auspex.v1.ReadFileRequest.$Shape;
            static create(properties?: auspex.v1.ReadFileRequest.$Properties): auspex.v1.ReadFileRequest;

            /**
             * Encodes the specified ReadFileRequest message. Does not implicitly {@link auspex.v1.ReadFileRequest.verify|verify} messages.
             * @param message ReadFileRequest message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.ReadFileRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a ReadFileRequest message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.ReadFileRequest & auspex.v1.ReadFileRequest.$Shape} ReadFileRequest
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.ReadFileRequest & auspex.v1.ReadFileRequest.$Shape;
        }

        namespace ReadFileRequest {

            /** Properties of a ReadFileRequest. */
            interface $Properties {

                /** ReadFileRequest checkpoint */
                checkpoint?: (string|null);

                /** ReadFileRequest file */
                file?: (string|null);

                /** ReadFileRequest offset */
                offset?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a ReadFileRequest. */
            type $Shape = auspex.v1.ReadFileRequest.$Properties;
        }

        /**
         * Properties of a FileChunk.
         * @deprecated Use auspex.v1.FileChunk.$Properties instead.
         */
        interface IFileChunk extends auspex.v1.FileChunk.$Properties {
        }

        /** Represents a FileChunk. */
        class FileChunk {

            /**
             * Constructs a new FileChunk.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.FileChunk.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** FileChunk offset. */
            offset: number;

            /** FileChunk data. */
            data: Uint8Array;

            /** FileChunk bytesTotal. */
            bytesTotal: number;

            /**
             * Creates a new FileChunk instance using the specified properties.
             * @param [properties] Properties to set
             * @returns FileChunk instance
             */
            static create(properties: auspex.v1.FileChunk.$Shape): auspex.v1.FileChunk & auspex.v1.FileChunk.$Shape;
            static create(properties?: auspex.v1.FileChunk.$Properties): auspex.v1.FileChunk;

            /**
             * Encodes the specified FileChunk message. Does not implicitly {@link auspex.v1.FileChunk.verify|verify} messages.
             * @param message FileChunk message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.FileChunk.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a FileChunk message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.FileChunk & auspex.v1.FileChunk.$Shape} FileChunk
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.FileChunk & auspex.v1.FileChunk.$Shape;
        }

        namespace FileChunk {

            /** Properties of a FileChunk. */
            interface $Properties {

                /** FileChunk offset */
                offset?: (number|null);

                /** FileChunk data */
                data?: (Uint8Array|null);

                /** FileChunk bytesTotal */
                bytesTotal?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a FileChunk. */
            type $Shape = auspex.v1.FileChunk.$Properties;
        }

        /**
         * Properties of an EncoderSpec.
         * @deprecated Use auspex.v1.EncoderSpec.$Properties instead.
         */
        interface IEncoderSpec extends auspex.v1.EncoderSpec.$Properties {
        }

        /** Represents an EncoderSpec. */
        class EncoderSpec {

            /**
             * Constructs a new EncoderSpec.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.EncoderSpec.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** EncoderSpec checkpoint. */
            checkpoint: string;

            /** EncoderSpec layer. */
            layer: string;

            /** EncoderSpec size. */
            size: number;

            /**
             * Creates a new EncoderSpec instance using the specified properties.
             * @param [properties] Properties to set
             * @returns EncoderSpec instance
             */
            static create(properties: auspex.v1.EncoderSpec.$Shape): auspex.v1.EncoderSpec & auspex.v1.EncoderSpec.$Shape;
            static create(properties?: auspex.v1.EncoderSpec.$Properties): auspex.v1.EncoderSpec;

            /**
             * Encodes the specified EncoderSpec message. Does not implicitly {@link auspex.v1.EncoderSpec.verify|verify} messages.
             * @param message EncoderSpec message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.EncoderSpec.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes an EncoderSpec message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.EncoderSpec & auspex.v1.EncoderSpec.$Shape} EncoderSpec
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.EncoderSpec & auspex.v1.EncoderSpec.$Shape;
        }

        namespace EncoderSpec {

            /** Properties of an EncoderSpec. */
            interface $Properties {

                /** EncoderSpec checkpoint */
                checkpoint?: (string|null);

                /** EncoderSpec layer */
                layer?: (string|null);

                /** EncoderSpec size */
                size?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of an EncoderSpec. */
            type $Shape = auspex.v1.EncoderSpec.$Properties;
        }

        /**
         * Properties of an ImageInput.
         * @deprecated Use auspex.v1.ImageInput.$Properties instead.
         */
        interface IImageInput extends auspex.v1.ImageInput.$Properties {
        }

        /** Represents an ImageInput. */
        class ImageInput {

            /**
             * Constructs a new ImageInput.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.ImageInput.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** ImageInput name. */
            name: string;

            /** ImageInput data. */
            data?: (Uint8Array|null);

            /** ImageInput path. */
            path?: (string|null);

            /** ImageInput source. */
            source?: ("data"|"path");

            /**
             * Creates a new ImageInput instance using the specified properties.
             * @param [properties] Properties to set
             * @returns ImageInput instance
             */
            static create(properties: auspex.v1.ImageInput.$Shape): auspex.v1.ImageInput & auspex.v1.ImageInput.$Shape;
            static create(properties?: auspex.v1.ImageInput.$Properties): auspex.v1.ImageInput;

            /**
             * Encodes the specified ImageInput message. Does not implicitly {@link auspex.v1.ImageInput.verify|verify} messages.
             * @param message ImageInput message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.ImageInput.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes an ImageInput message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.ImageInput & auspex.v1.ImageInput.$Shape} ImageInput
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.ImageInput & auspex.v1.ImageInput.$Shape;
        }

        namespace ImageInput {

            /** Properties of an ImageInput. */
            interface $Properties {

                /** ImageInput name */
                name?: (string|null);

                /** ImageInput data */
                data?: (Uint8Array|null);

                /** ImageInput path */
                path?: (string|null);

                /** ImageInput source */
                source?: ("data"|"path");

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Narrowed shape of an ImageInput. */
            type $Shape = {
              name?: string|null;
              data?: Uint8Array|null;
              path?: string|null;
              $unknowns?: Uint8Array[];
            } & (
              ({ source?: undefined; data?: null; path?: null }|{ source?: "data"; data: Uint8Array; path?: null }|{ source?: "path"; data?: null; path: string })
            );
        }

        /**
         * Properties of an EmbedRequest.
         * @deprecated Use auspex.v1.EmbedRequest.$Properties instead.
         */
        interface IEmbedRequest extends auspex.v1.EmbedRequest.$Properties {
        }

        /** Represents an EmbedRequest. */
        class EmbedRequest {

            /**
             * Constructs a new EmbedRequest.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.EmbedRequest.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** EmbedRequest encoder. */
            encoder?: (auspex.v1.EncoderSpec.$Properties|null);

            /** EmbedRequest images. */
            images: auspex.v1.ImageInput.$Properties[];

            /**
             * Creates a new EmbedRequest instance using the specified properties.
             * @param [properties] Properties to set
             * @returns EmbedRequest instance
             */
            static create(properties: auspex.v1.EmbedRequest.$Shape): auspex.v1.EmbedRequest & auspex.v1.EmbedRequest.$Shape;
            static create(properties?: auspex.v1.EmbedRequest.$Properties): auspex.v1.EmbedRequest;

            /**
             * Encodes the specified EmbedRequest message. Does not implicitly {@link auspex.v1.EmbedRequest.verify|verify} messages.
             * @param message EmbedRequest message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.EmbedRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes an EmbedRequest message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.EmbedRequest & auspex.v1.EmbedRequest.$Shape} EmbedRequest
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.EmbedRequest & auspex.v1.EmbedRequest.$Shape;
        }

        namespace EmbedRequest {

            /** Properties of an EmbedRequest. */
            interface $Properties {

                /** EmbedRequest encoder */
                encoder?: (auspex.v1.EncoderSpec.$Properties|null);

                /** EmbedRequest images */
                images?: (auspex.v1.ImageInput.$Properties[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of an EmbedRequest. */
            type $Shape = {
              encoder?: auspex.v1.EncoderSpec.$Shape|null;
              images?: auspex.v1.ImageInput.$Shape[]|null;
              $unknowns?: Uint8Array[];
            };
        }

        /**
         * Properties of an EmbedResponse.
         * @deprecated Use auspex.v1.EmbedResponse.$Properties instead.
         */
        interface IEmbedResponse extends auspex.v1.EmbedResponse.$Properties {
        }

        /** Represents an EmbedResponse. */
        class EmbedResponse {

            /**
             * Constructs a new EmbedResponse.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.EmbedResponse.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** EmbedResponse images. */
            images: auspex.v1.ImageFeatures.$Properties[];

            /** EmbedResponse shape. */
            shape: number[];

            /**
             * Creates a new EmbedResponse instance using the specified properties.
             * @param [properties] Properties to set
             * @returns EmbedResponse instance
             */
            static create(properties: auspex.v1.EmbedResponse.$Shape): auspex.v1.EmbedResponse & auspex.v1.EmbedResponse.$Shape;
            static create(properties?: auspex.v1.EmbedResponse.$Properties): auspex.v1.EmbedResponse;

            /**
             * Encodes the specified EmbedResponse message. Does not implicitly {@link auspex.v1.EmbedResponse.verify|verify} messages.
             * @param message EmbedResponse message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.EmbedResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes an EmbedResponse message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.EmbedResponse & auspex.v1.EmbedResponse.$Shape} EmbedResponse
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.EmbedResponse & auspex.v1.EmbedResponse.$Shape;
        }

        namespace EmbedResponse {

            /** Properties of an EmbedResponse. */
            interface $Properties {

                /** EmbedResponse images */
                images?: (auspex.v1.ImageFeatures.$Properties[]|null);

                /** EmbedResponse shape */
                shape?: (number[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of an EmbedResponse. */
            type $Shape = {
              images?: auspex.v1.ImageFeatures.$Shape[]|null;
              shape?: number[]|null;
              $unknowns?: Uint8Array[];
            };
        }

        /**
         * Properties of an ImageFeatures.
         * @deprecated Use auspex.v1.ImageFeatures.$Properties instead.
         */
        interface IImageFeatures extends auspex.v1.ImageFeatures.$Properties {
        }

        /** Represents an ImageFeatures. */
        class ImageFeatures {

            /**
             * Constructs a new ImageFeatures.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.ImageFeatures.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** ImageFeatures name. */
            name: string;

            /** ImageFeatures features. */
            features?: (auspex.v1.Features.$Properties|null);

            /** ImageFeatures problem. */
            problem?: (auspex.v1.ImageProblem.$Properties|null);

            /** ImageFeatures outcome. */
            outcome?: ("features"|"problem");

            /**
             * Creates a new ImageFeatures instance using the specified properties.
             * @param [properties] Properties to set
             * @returns ImageFeatures instance
             */
            static create(properties: auspex.v1.ImageFeatures.$Shape): auspex.v1.ImageFeatures & auspex.v1.ImageFeatures.$Shape;
            static create(properties?: auspex.v1.ImageFeatures.$Properties): auspex.v1.ImageFeatures;

            /**
             * Encodes the specified ImageFeatures message. Does not implicitly {@link auspex.v1.ImageFeatures.verify|verify} messages.
             * @param message ImageFeatures message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.ImageFeatures.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes an ImageFeatures message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.ImageFeatures & auspex.v1.ImageFeatures.$Shape} ImageFeatures
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.ImageFeatures & auspex.v1.ImageFeatures.$Shape;
        }

        namespace ImageFeatures {

            /** Properties of an ImageFeatures. */
            interface $Properties {

                /** ImageFeatures name */
                name?: (string|null);

                /** ImageFeatures features */
                features?: (auspex.v1.Features.$Properties|null);

                /** ImageFeatures problem */
                problem?: (auspex.v1.ImageProblem.$Properties|null);

                /** ImageFeatures outcome */
                outcome?: ("features"|"problem");

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Narrowed shape of an ImageFeatures. */
            type $Shape = {
              name?: string|null;
              features?: auspex.v1.Features.$Shape|null;
              problem?: auspex.v1.ImageProblem.$Shape|null;
              $unknowns?: Uint8Array[];
            } & (
              ({ outcome?: undefined; features?: null; problem?: null }|{ outcome?: "features"; features: auspex.v1.Features.$Shape; problem?: null }|{ outcome?: "problem"; features?: null; problem: auspex.v1.ImageProblem.$Shape })
            );
        }

        /**
         * Properties of a Features.
         * @deprecated Use auspex.v1.Features.$Properties instead.
         */
        interface IFeatures extends auspex.v1.Features.$Properties {
        }

        /** Represents a Features. */
        class Features {

            /**
             * Constructs a new Features.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.Features.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Features values. */
            values: number[];

            /**
             * Creates a new Features instance using the specified properties.
             * @param [properties] Properties to set
             * @returns Features instance
             */
            static create(properties: auspex.v1.Features.$Shape): auspex.v1.Features & auspex.v1.Features.$Shape;
            static create(properties?: auspex.v1.Features.$Properties): auspex.v1.Features;

            /**
             * Encodes the specified Features message. Does not implicitly {@link auspex.v1.Features.verify|verify} messages.
             * @param message Features message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.Features.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Features message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.Features & auspex.v1.Features.$Shape} Features
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.Features & auspex.v1.Features.$Shape;
        }

        namespace Features {

            /** Properties of a Features. */
            interface $Properties {

                /** Features values */
                values?: (number[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Features. */
            type $Shape = auspex.v1.Features.$Properties;
        }

        /**
         * Properties of an ImageProblem.
         * @deprecated Use auspex.v1.ImageProblem.$Properties instead.
         */
        interface IImageProblem extends auspex.v1.ImageProblem.$Properties {
        }

        /** Represents an ImageProblem. */
        class ImageProblem {

            /**
             * Constructs a new ImageProblem.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.ImageProblem.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** ImageProblem code. */
            code: string;

            /** ImageProblem message. */
            message: string;

            /**
             * Creates a new ImageProblem instance using the specified properties.
             * @param [properties] Properties to set
             * @returns ImageProblem instance
             */
            static create(properties: auspex.v1.ImageProblem.$Shape): auspex.v1.ImageProblem & auspex.v1.ImageProblem.$Shape;
            static create(properties?: auspex.v1.ImageProblem.$Properties): auspex.v1.ImageProblem;

            /**
             * Encodes the specified ImageProblem message. Does not implicitly {@link auspex.v1.ImageProblem.verify|verify} messages.
             * @param message ImageProblem message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.ImageProblem.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes an ImageProblem message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.ImageProblem & auspex.v1.ImageProblem.$Shape} ImageProblem
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.ImageProblem & auspex.v1.ImageProblem.$Shape;
        }

        namespace ImageProblem {

            /** Properties of an ImageProblem. */
            interface $Properties {

                /** ImageProblem code */
                code?: (string|null);

                /** ImageProblem message */
                message?: (string|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of an ImageProblem. */
            type $Shape = auspex.v1.ImageProblem.$Properties;
        }

        /**
         * Properties of an EmbedStreamRequest.
         * @deprecated Use auspex.v1.EmbedStreamRequest.$Properties instead.
         */
        interface IEmbedStreamRequest extends auspex.v1.EmbedStreamRequest.$Properties {
        }

        /** Represents an EmbedStreamRequest. */
        class EmbedStreamRequest {

            /**
             * Constructs a new EmbedStreamRequest.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.EmbedStreamRequest.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** EmbedStreamRequest encoder. */
            encoder?: (auspex.v1.EncoderSpec.$Properties|null);

            /** EmbedStreamRequest image. */
            image?: (auspex.v1.ImageInput.$Properties|null);

            /** EmbedStreamRequest request. */
            request?: ("encoder"|"image");

            /**
             * Creates a new EmbedStreamRequest instance using the specified properties.
             * @param [properties] Properties to set
             * @returns EmbedStreamRequest instance
             */
            static create(properties: auspex.v1.EmbedStreamRequest.$Shape): auspex.v1.EmbedStreamRequest & auspex.v1.EmbedStreamRequest.$Shape;
            static create(properties?: auspex.v1.EmbedStreamRequest.$Properties): auspex.v1.EmbedStreamRequest;

            /**
             * Encodes the specified EmbedStreamRequest message. Does not implicitly {@link auspex.v1.EmbedStreamRequest.verify|verify} messages.
             * @param message EmbedStreamRequest message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.EmbedStreamRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes an EmbedStreamRequest message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.EmbedStreamRequest & auspex.v1.EmbedStreamRequest.$Shape} EmbedStreamRequest
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.EmbedStreamRequest & auspex.v1.EmbedStreamRequest.$Shape;
        }

        namespace EmbedStreamRequest {

            /** Properties of an EmbedStreamRequest. */
            interface $Properties {

                /** EmbedStreamRequest encoder */
                encoder?: (auspex.v1.EncoderSpec.$Properties|null);

                /** EmbedStreamRequest image */
                image?: (auspex.v1.ImageInput.$Properties|null);

                /** EmbedStreamRequest request */
                request?: ("encoder"|"image");

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Narrowed shape of an EmbedStreamRequest. */
            type $Shape = {
              encoder?: auspex.v1.EncoderSpec.$Shape|null;
              image?: auspex.v1.ImageInput.$Shape|null;
              $unknowns?: Uint8Array[];
            } & (
              ({ request?: undefined; encoder?: null; image?: null }|{ request?: "encoder"; encoder: auspex.v1.EncoderSpec.$Shape; image?: null }|{ request?: "image"; encoder?: null; image: auspex.v1.ImageInput.$Shape })
            );
        }

        /**
         * Properties of an EmbedStreamResponse.
         * @deprecated Use auspex.v1.EmbedStreamResponse.$Properties instead.
         */
        interface IEmbedStreamResponse extends auspex.v1.EmbedStreamResponse.$Properties {
        }

        /** Represents an EmbedStreamResponse. */
        class EmbedStreamResponse {

            /**
             * Constructs a new EmbedStreamResponse.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.EmbedStreamResponse.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** EmbedStreamResponse shape. */
            shape?: (auspex.v1.FeatureShape.$Properties|null);

            /** EmbedStreamResponse image. */
            image?: (auspex.v1.ImageFeatures.$Properties|null);

            /** EmbedStreamResponse response. */
            response?: ("shape"|"image");

            /**
             * Creates a new EmbedStreamResponse instance using the specified properties.
             * @param [properties] Properties to set
             * @returns EmbedStreamResponse instance
             */
            static create(properties: auspex.v1.EmbedStreamResponse.$Shape): auspex.v1.EmbedStreamResponse & auspex.v1.EmbedStreamResponse.$Shape;
            static create(properties?: auspex.v1.EmbedStreamResponse.$Properties): auspex.v1.EmbedStreamResponse;

            /**
             * Encodes the specified EmbedStreamResponse message. Does not implicitly {@link auspex.v1.EmbedStreamResponse.verify|verify} messages.
             * @param message EmbedStreamResponse message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.EmbedStreamResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes an EmbedStreamResponse message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.EmbedStreamResponse & auspex.v1.EmbedStreamResponse.$Shape} EmbedStreamResponse
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.EmbedStreamResponse & auspex.v1.EmbedStreamResponse.$Shape;
        }

        namespace EmbedStreamResponse {

            /** Properties of an EmbedStreamResponse. */
            interface $Properties {

                /** EmbedStreamResponse shape */
                shape?: (auspex.v1.FeatureShape.$Properties|null);

                /** EmbedStreamResponse image */
                image?: (auspex.v1.ImageFeatures.$Properties|null);

                /** EmbedStreamResponse response */
                response?: ("shape"|"image");

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Narrowed shape of an EmbedStreamResponse. */
            type $Shape = {
              shape?: auspex.v1.FeatureShape.$Shape|null;
              image?: auspex.v1.ImageFeatures.$Shape|null;
              $unknowns?: Uint8Array[];
            } & (
              ({ response?: undefined; shape?: null; image?: null }|{ response?: "shape"; shape: auspex.v1.FeatureShape.$Shape; image?: null }|{ response?: "image"; shape?: null; image: auspex.v1.ImageFeatures.$Shape })
            );
        }

        /**
         * Properties of a FeatureShape.
         * @deprecated Use auspex.v1.FeatureShape.$Properties instead.
         */
        interface IFeatureShape extends auspex.v1.FeatureShape.$Properties {
        }

        /** Represents a FeatureShape. */
        class FeatureShape {

            /**
             * Constructs a new FeatureShape.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.FeatureShape.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** FeatureShape extents. */
            extents: number[];

            /**
             * Creates a new FeatureShape instance using the specified properties.
             * @param [properties] Properties to set
             * @returns FeatureShape instance
             */
            static create(properties: auspex.v1.FeatureShape.$Shape): auspex.v1.FeatureShape & auspex.v1.FeatureShape.$Shape;
            static create(properties?: auspex.v1.FeatureShape.$Properties): auspex.v1.FeatureShape;

            /**
             * Encodes the specified FeatureShape message. Does not implicitly {@link auspex.v1.FeatureShape.verify|verify} messages.
             * @param message FeatureShape message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.FeatureShape.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a FeatureShape message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.FeatureShape & auspex.v1.FeatureShape.$Shape} FeatureShape
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.FeatureShape & auspex.v1.FeatureShape.$Shape;
        }

        namespace FeatureShape {

            /** Properties of a FeatureShape. */
            interface $Properties {

                /** FeatureShape extents */
                extents?: (number[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a FeatureShape. */
            type $Shape = auspex.v1.FeatureShape.$Properties;
        }

        /**
         * Properties of a ListProtocolsRequest.
         * @deprecated Use auspex.v1.ListProtocolsRequest.$Properties instead.
         */
        interface IListProtocolsRequest extends auspex.v1.ListProtocolsRequest.$Properties {
        }

        /** Represents a ListProtocolsRequest. */
        class ListProtocolsRequest {

            /**
             * Constructs a new ListProtocolsRequest.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.ListProtocolsRequest.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /**
             * Creates a new ListProtocolsRequest instance using the specified properties.
             * @param [properties] Properties to set
             * @returns ListProtocolsRequest instance
             */
            static create(properties: auspex.v1.ListProtocolsRequest.$Shape): auspex.v1.ListProtocolsRequest & auspex.v1.ListProtocolsRequest.$Shape;
            static create(properties?: auspex.v1.ListProtocolsRequest.$Properties): auspex.v1.ListProtocolsRequest;

            /**
             * Encodes the specified ListProtocolsRequest message. Does not implicitly {@link auspex.v1.ListProtocolsRequest.verify|verify} messages.
             * @param message ListProtocolsRequest message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.ListProtocolsRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a ListProtocolsRequest message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.ListProtocolsRequest & auspex.v1.ListProtocolsRequest.$Shape} ListProtocolsRequest
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.ListProtocolsRequest & auspex.v1.ListProtocolsRequest.$Shape;
        }

        namespace ListProtocolsRequest {

            /** Properties of a ListProtocolsRequest. */
            interface $Properties {

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a ListProtocolsRequest. */
            type $Shape = auspex.v1.ListProtocolsRequest.$Properties;
        }

        /**
         * Properties of a ListProtocolsResponse.
         * @deprecated Use auspex.v1.ListProtocolsResponse.$Properties instead.
         */
        interface IListProtocolsResponse extends auspex.v1.ListProtocolsResponse.$Properties {
        }

        /** Represents a ListProtocolsResponse. */
        class ListProtocolsResponse {

            /**
             * Constructs a new ListProtocolsResponse.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.ListProtocolsResponse.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** ListProtocolsResponse protocols. */
            protocols: auspex.v1.Protocol.$Properties[];

            /**
             * Creates a new ListProtocolsResponse instance using the specified properties.
             * @param [properties] Properties to set
             * @returns ListProtocolsResponse instance
             */
            static create(properties: auspex.v1.ListProtocolsResponse.$Shape): auspex.v1.ListProtocolsResponse & auspex.v1.ListProtocolsResponse.$Shape;
            static create(properties?: auspex.v1.ListProtocolsResponse.$Properties): auspex.v1.ListProtocolsResponse;

            /**
             * Encodes the specified ListProtocolsResponse message. Does not implicitly {@link auspex.v1.ListProtocolsResponse.verify|verify} messages.
             * @param message ListProtocolsResponse message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.ListProtocolsResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a ListProtocolsResponse message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.ListProtocolsResponse & auspex.v1.ListProtocolsResponse.$Shape} ListProtocolsResponse
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.ListProtocolsResponse & auspex.v1.ListProtocolsResponse.$Shape;
        }

        namespace ListProtocolsResponse {

            /** Properties of a ListProtocolsResponse. */
            interface $Properties {

                /** ListProtocolsResponse protocols */
                protocols?: (auspex.v1.Protocol.$Properties[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a ListProtocolsResponse. */
            type $Shape = auspex.v1.ListProtocolsResponse.$Properties;
        }

        /**
         * Properties of a Protocol.
         * @deprecated Use auspex.v1.Protocol.$Properties instead.
         */
        interface IProtocol extends auspex.v1.Protocol.$Properties {
        }

        /** Represents a Protocol. */
        class Protocol {

            /**
             * Constructs a new Protocol.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.Protocol.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Protocol name. */
            name: string;

            /** Protocol description. */
            description: string;

            /** Protocol defaults. */
            defaults?: (auspex.v1.EvaluationOptions.$Properties|null);

            /** Protocol source. */
            source: string;

            /** Protocol options. */
            options: { [k: string]: string };

            /**
             * Creates a new Protocol instance using the specified properties.
             * @param [properties] Properties to set
             * @returns Protocol instance
             */
            static create(properties: auspex.v1.Protocol.$Shape): auspex.v1.Protocol & auspex.v1.Protocol.$Shape;
            static create(properties?: auspex.v1.Protocol.$Properties): auspex.v1.Protocol;

            /**
             * Encodes the specified Protocol message. Does not implicitly {@link auspex.v1.Protocol.verify|verify} messages.
             * @param message Protocol message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.Protocol.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Protocol message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.Protocol & auspex.v1.Protocol.$Shape} Protocol
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.Protocol & auspex.v1.Protocol.$Shape;
        }

        namespace Protocol {

            /** Properties of a Protocol. */
            interface $Properties {

                /** Protocol name */
                name?: (string|null);

                /** Protocol description */
                description?: (string|null);

                /** Protocol defaults */
                defaults?: (auspex.v1.EvaluationOptions.$Properties|null);

                /** Protocol source */
                source?: (string|null);

                /** Protocol options */
                options?: ({ [k: string]: string }|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Protocol. */
            type $Shape = auspex.v1.Protocol.$Properties;
        }

        /**
         * Properties of a ListResultsRequest.
         * @deprecated Use auspex.v1.ListResultsRequest.$Properties instead.
         */
        interface IListResultsRequest extends auspex.v1.ListResultsRequest.$Properties {
        }

        /** Represents a ListResultsRequest. */
        class ListResultsRequest {

            /**
             * Constructs a new ListResultsRequest.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.ListResultsRequest.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** ListResultsRequest pageSize. */
            pageSize: number;

            /** ListResultsRequest pageToken. */
            pageToken: string;

            /** ListResultsRequest checkpoint. */
            checkpoint: string;

            /** ListResultsRequest data. */
            data: string;

            /**
             * Creates a new ListResultsRequest instance using the specified properties.
             * @param [properties] Properties to set
             * @returns ListResultsRequest instance
             */
            static create(properties: auspex.v1.ListResultsRequest.$Shape): auspex.v1.ListResultsRequest & auspex.v1.ListResultsRequest.$Shape;
            static create(properties?: auspex.v1.ListResultsRequest.$Properties): auspex.v1.ListResultsRequest;

            /**
             * Encodes the specified ListResultsRequest message. Does not implicitly {@link auspex.v1.ListResultsRequest.verify|verify} messages.
             * @param message ListResultsRequest message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.ListResultsRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a ListResultsRequest message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.ListResultsRequest & auspex.v1.ListResultsRequest.$Shape} ListResultsRequest
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.ListResultsRequest & auspex.v1.ListResultsRequest.$Shape;
        }

        namespace ListResultsRequest {

            /** Properties of a ListResultsRequest. */
            interface $Properties {

                /** ListResultsRequest pageSize */
                pageSize?: (number|null);

                /** ListResultsRequest pageToken */
                pageToken?: (string|null);

                /** ListResultsRequest checkpoint */
                checkpoint?: (string|null);

                /** ListResultsRequest data */
                data?: (string|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a ListResultsRequest. */
            type $Shape = auspex.v1.ListResultsRequest.$Properties;
        }

        /**
         * Properties of a ListResultsResponse.
         * @deprecated Use auspex.v1.ListResultsResponse.$Properties instead.
         */
        interface IListResultsResponse extends auspex.v1.ListResultsResponse.$Properties {
        }

        /** Represents a ListResultsResponse. */
        class ListResultsResponse {

            /**
             * Constructs a new ListResultsResponse.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.ListResultsResponse.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** ListResultsResponse results. */
            results: auspex.v1.EvaluationResult.$Properties[];

            /** ListResultsResponse nextPageToken. */
            nextPageToken: string;

            /**
             * Creates a new ListResultsResponse instance using the specified properties.
             * @param [properties] Properties to set
             * @returns ListResultsResponse instance
             */
            static create(properties: auspex.v1.ListResultsResponse.$Shape): auspex.v1.ListResultsResponse & auspex.v1.ListResultsResponse.$Shape;
            static create(properties?: auspex.v1.ListResultsResponse.$Properties): auspex.v1.ListResultsResponse;

            /**
             * Encodes the specified ListResultsResponse message. Does not implicitly {@link auspex.v1.ListResultsResponse.verify|verify} messages.
             * @param message ListResultsResponse message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.ListResultsResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a ListResultsResponse message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.ListResultsResponse & auspex.v1.ListResultsResponse.$Shape} ListResultsResponse
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.ListResultsResponse & auspex.v1.ListResultsResponse.$Shape;
        }

        namespace ListResultsResponse {

            /** Properties of a ListResultsResponse. */
            interface $Properties {

                /** ListResultsResponse results */
                results?: (auspex.v1.EvaluationResult.$Properties[]|null);

                /** ListResultsResponse nextPageToken */
                nextPageToken?: (string|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a ListResultsResponse. */
            type $Shape = {
              results?: auspex.v1.EvaluationResult.$Shape[]|null;
              nextPageToken?: string|null;
              $unknowns?: Uint8Array[];
            };
        }

        /**
         * Properties of a GetResultRequest.
         * @deprecated Use auspex.v1.GetResultRequest.$Properties instead.
         */
        interface IGetResultRequest extends auspex.v1.GetResultRequest.$Properties {
        }

        /** Represents a GetResultRequest. */
        class GetResultRequest {

            /**
             * Constructs a new GetResultRequest.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.GetResultRequest.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** GetResultRequest job. */
            job: string;

            /**
             * Creates a new GetResultRequest instance using the specified properties.
             * @param [properties] Properties to set
             * @returns GetResultRequest instance
             */
            static create(properties: auspex.v1.GetResultRequest.$Shape): auspex.v1.GetResultRequest & auspex.v1.GetResultRequest.$Shape;
            static create(properties?: auspex.v1.GetResultRequest.$Properties): auspex.v1.GetResultRequest;

            /**
             * Encodes the specified GetResultRequest message. Does not implicitly {@link auspex.v1.GetResultRequest.verify|verify} messages.
             * @param message GetResultRequest message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.GetResultRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a GetResultRequest message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.GetResultRequest & auspex.v1.GetResultRequest.$Shape} GetResultRequest
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.GetResultRequest & auspex.v1.GetResultRequest.$Shape;
        }

        namespace GetResultRequest {

            /** Properties of a GetResultRequest. */
            interface $Properties {

                /** GetResultRequest job */
                job?: (string|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a GetResultRequest. */
            type $Shape = auspex.v1.GetResultRequest.$Properties;
        }

        /**
         * Properties of a ReadFeaturesRequest.
         * @deprecated Use auspex.v1.ReadFeaturesRequest.$Properties instead.
         */
        interface IReadFeaturesRequest extends auspex.v1.ReadFeaturesRequest.$Properties {
        }

        /** Represents a ReadFeaturesRequest. */
        class ReadFeaturesRequest {

            /**
             * Constructs a new ReadFeaturesRequest.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.ReadFeaturesRequest.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** ReadFeaturesRequest job. */
            job: string;

            /** ReadFeaturesRequest firstRow. */
            firstRow: number;

            /**
             * Creates a new ReadFeaturesRequest instance using the specified properties.
             * @param [properties] Properties to set
             * @returns ReadFeaturesRequest instance
             */
            static create(properties: auspex.v1.ReadFeaturesRequest.$Shape): auspex.v1.ReadFeaturesRequest & auspex.v1.ReadFeaturesRequest.$Shape;
            static create(properties?: auspex.v1.ReadFeaturesRequest.$Properties): auspex.v1.ReadFeaturesRequest;

            /**
             * Encodes the specified ReadFeaturesRequest message. Does not implicitly {@link auspex.v1.ReadFeaturesRequest.verify|verify} messages.
             * @param message ReadFeaturesRequest message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.ReadFeaturesRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a ReadFeaturesRequest message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.ReadFeaturesRequest & auspex.v1.ReadFeaturesRequest.$Shape} ReadFeaturesRequest
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.ReadFeaturesRequest & auspex.v1.ReadFeaturesRequest.$Shape;
        }

        namespace ReadFeaturesRequest {

            /** Properties of a ReadFeaturesRequest. */
            interface $Properties {

                /** ReadFeaturesRequest job */
                job?: (string|null);

                /** ReadFeaturesRequest firstRow */
                firstRow?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a ReadFeaturesRequest. */
            type $Shape = auspex.v1.ReadFeaturesRequest.$Properties;
        }

        /**
         * Properties of a FeatureRows.
         * @deprecated Use auspex.v1.FeatureRows.$Properties instead.
         */
        interface IFeatureRows extends auspex.v1.FeatureRows.$Properties {
        }

        /** Represents a FeatureRows. */
        class FeatureRows {

            /**
             * Constructs a new FeatureRows.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.FeatureRows.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** FeatureRows firstRow. */
            firstRow: number;

            /** FeatureRows names. */
            names: string[];

            /** FeatureRows values. */
            values: number[];

            /** FeatureRows shape. */
            shape: number[];

            /**
             * Creates a new FeatureRows instance using the specified properties.
             * @param [properties] Properties to set
             * @returns FeatureRows instance
             */
            static create(properties: auspex.v1.FeatureRows.$Shape): auspex.v1.FeatureRows & auspex.v1.FeatureRows.$Shape;
            static create(properties?: auspex.v1.FeatureRows.$Properties): auspex.v1.FeatureRows;

            /**
             * Encodes the specified FeatureRows message. Does not implicitly {@link auspex.v1.FeatureRows.verify|verify} messages.
             * @param message FeatureRows message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.FeatureRows.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a FeatureRows message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.FeatureRows & auspex.v1.FeatureRows.$Shape} FeatureRows
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.FeatureRows & auspex.v1.FeatureRows.$Shape;
        }

        namespace FeatureRows {

            /** Properties of a FeatureRows. */
            interface $Properties {

                /** FeatureRows firstRow */
                firstRow?: (number|null);

                /** FeatureRows names */
                names?: (string[]|null);

                /** FeatureRows values */
                values?: (number[]|null);

                /** FeatureRows shape */
                shape?: (number[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a FeatureRows. */
            type $Shape = auspex.v1.FeatureRows.$Properties;
        }

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

        /**
         * Properties of an Image.
         * @deprecated Use auspex.v1.Image.$Properties instead.
         */
        interface IImage extends auspex.v1.Image.$Properties {
        }

        /** Represents an Image. */
        class Image {

            /**
             * Constructs a new Image.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.Image.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Image schema. */
            schema: number;

            /** Image name. */
            name: string;

            /** Image sha256. */
            sha256: Uint8Array;

            /** Image inline. */
            inline?: (Uint8Array|null);

            /** Image reference. */
            reference?: (auspex.v1.Reference.$Properties|null);

            /** Image labels. */
            labels: { [k: string]: string };

            /** Image content. */
            content?: ("inline"|"reference");

            /**
             * Creates a new Image instance using the specified properties.
             * @param [properties] Properties to set
             * @returns Image instance
             */
            static create(properties: auspex.v1.Image.$Shape): auspex.v1.Image & auspex.v1.Image.$Shape;
            static create(properties?: auspex.v1.Image.$Properties): auspex.v1.Image;

            /**
             * Encodes the specified Image message. Does not implicitly {@link auspex.v1.Image.verify|verify} messages.
             * @param message Image message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.Image.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes an Image message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.Image & auspex.v1.Image.$Shape} Image
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.Image & auspex.v1.Image.$Shape;
        }

        namespace Image {

            /** Properties of an Image. */
            interface $Properties {

                /** Image schema */
                schema?: (number|null);

                /** Image name */
                name?: (string|null);

                /** Image sha256 */
                sha256?: (Uint8Array|null);

                /** Image inline */
                inline?: (Uint8Array|null);

                /** Image reference */
                reference?: (auspex.v1.Reference.$Properties|null);

                /** Image labels */
                labels?: ({ [k: string]: string }|null);

                /** Image content */
                content?: ("inline"|"reference");

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Narrowed shape of an Image. */
            type $Shape = {
              schema?: number|null;
              name?: string|null;
              sha256?: Uint8Array|null;
              inline?: Uint8Array|null;
              reference?: auspex.v1.Reference.$Shape|null;
              labels?: { [k: string]: string }|null;
              $unknowns?: Uint8Array[];
            } & (
              ({ content?: undefined; inline?: null; reference?: null }|{ content?: "inline"; inline: Uint8Array; reference?: null }|{ content?: "reference"; inline?: null; reference: auspex.v1.Reference.$Shape })
            );
        }

        /**
         * Properties of a Reference.
         * @deprecated Use auspex.v1.Reference.$Properties instead.
         */
        interface IReference extends auspex.v1.Reference.$Properties {
        }

        /** Represents a Reference. */
        class Reference {

            /**
             * Constructs a new Reference.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.Reference.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Reference shard. */
            shard: string;

            /** Reference offset. */
            offset: number;

            /** Reference length. */
            length: number;

            /**
             * Creates a new Reference instance using the specified properties.
             * @param [properties] Properties to set
             * @returns Reference instance
             */
            static create(properties: auspex.v1.Reference.$Shape): auspex.v1.Reference & auspex.v1.Reference.$Shape;
            static create(properties?: auspex.v1.Reference.$Properties): auspex.v1.Reference;

            /**
             * Encodes the specified Reference message. Does not implicitly {@link auspex.v1.Reference.verify|verify} messages.
             * @param message Reference message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.Reference.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Reference message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.Reference & auspex.v1.Reference.$Shape} Reference
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.Reference & auspex.v1.Reference.$Shape;
        }

        namespace Reference {

            /** Properties of a Reference. */
            interface $Properties {

                /** Reference shard */
                shard?: (string|null);

                /** Reference offset */
                offset?: (number|null);

                /** Reference length */
                length?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Reference. */
            type $Shape = auspex.v1.Reference.$Properties;
        }

        /**
         * Properties of a SubmitJobRequest.
         * @deprecated Use auspex.v1.SubmitJobRequest.$Properties instead.
         */
        interface ISubmitJobRequest extends auspex.v1.SubmitJobRequest.$Properties {
        }

        /** Represents a SubmitJobRequest. */
        class SubmitJobRequest {

            /**
             * Constructs a new SubmitJobRequest.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.SubmitJobRequest.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** SubmitJobRequest id. */
            id: string;

            /** SubmitJobRequest training. */
            training?: (auspex.v1.Training.$Properties|null);

            /** SubmitJobRequest evaluation. */
            evaluation?: (auspex.v1.Evaluation.$Properties|null);

            /** SubmitJobRequest work. */
            work?: ("training"|"evaluation");

            /**
             * Creates a new SubmitJobRequest instance using the specified properties.
             * @param [properties] Properties to set
             * @returns SubmitJobRequest instance
             */
            static create(properties: auspex.v1.SubmitJobRequest.$Shape): auspex.v1.SubmitJobRequest & auspex.v1.SubmitJobRequest.$Shape;
            static create(properties?: auspex.v1.SubmitJobRequest.$Properties): auspex.v1.SubmitJobRequest;

            /**
             * Encodes the specified SubmitJobRequest message. Does not implicitly {@link auspex.v1.SubmitJobRequest.verify|verify} messages.
             * @param message SubmitJobRequest message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.SubmitJobRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a SubmitJobRequest message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.SubmitJobRequest & auspex.v1.SubmitJobRequest.$Shape} SubmitJobRequest
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.SubmitJobRequest & auspex.v1.SubmitJobRequest.$Shape;
        }

        namespace SubmitJobRequest {

            /** Properties of a SubmitJobRequest. */
            interface $Properties {

                /** SubmitJobRequest id */
                id?: (string|null);

                /** SubmitJobRequest training */
                training?: (auspex.v1.Training.$Properties|null);

                /** SubmitJobRequest evaluation */
                evaluation?: (auspex.v1.Evaluation.$Properties|null);

                /** SubmitJobRequest work */
                work?: ("training"|"evaluation");

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Narrowed shape of a SubmitJobRequest. */
            type $Shape = {
              id?: string|null;
              training?: auspex.v1.Training.$Shape|null;
              evaluation?: auspex.v1.Evaluation.$Shape|null;
              $unknowns?: Uint8Array[];
            } & (
              ({ work?: undefined; training?: null; evaluation?: null }|{ work?: "training"; training: auspex.v1.Training.$Shape; evaluation?: null }|{ work?: "evaluation"; training?: null; evaluation: auspex.v1.Evaluation.$Shape })
            );
        }

        /**
         * Properties of a GetJobRequest.
         * @deprecated Use auspex.v1.GetJobRequest.$Properties instead.
         */
        interface IGetJobRequest extends auspex.v1.GetJobRequest.$Properties {
        }

        /** Represents a GetJobRequest. */
        class GetJobRequest {

            /**
             * Constructs a new GetJobRequest.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.GetJobRequest.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** GetJobRequest id. */
            id: string;

            /**
             * Creates a new GetJobRequest instance using the specified properties.
             * @param [properties] Properties to set
             * @returns GetJobRequest instance
             */
            static create(properties: auspex.v1.GetJobRequest.$Shape): auspex.v1.GetJobRequest & auspex.v1.GetJobRequest.$Shape;
            static create(properties?: auspex.v1.GetJobRequest.$Properties): auspex.v1.GetJobRequest;

            /**
             * Encodes the specified GetJobRequest message. Does not implicitly {@link auspex.v1.GetJobRequest.verify|verify} messages.
             * @param message GetJobRequest message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.GetJobRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a GetJobRequest message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.GetJobRequest & auspex.v1.GetJobRequest.$Shape} GetJobRequest
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.GetJobRequest & auspex.v1.GetJobRequest.$Shape;
        }

        namespace GetJobRequest {

            /** Properties of a GetJobRequest. */
            interface $Properties {

                /** GetJobRequest id */
                id?: (string|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a GetJobRequest. */
            type $Shape = auspex.v1.GetJobRequest.$Properties;
        }

        /**
         * Properties of a ListJobsRequest.
         * @deprecated Use auspex.v1.ListJobsRequest.$Properties instead.
         */
        interface IListJobsRequest extends auspex.v1.ListJobsRequest.$Properties {
        }

        /** Represents a ListJobsRequest. */
        class ListJobsRequest {

            /**
             * Constructs a new ListJobsRequest.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.ListJobsRequest.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** ListJobsRequest pageSize. */
            pageSize: number;

            /** ListJobsRequest pageToken. */
            pageToken: string;

            /** ListJobsRequest states. */
            states: auspex.v1.JobState[];

            /** ListJobsRequest work. */
            work: string;

            /** ListJobsRequest idPrefix. */
            idPrefix: string;

            /** ListJobsRequest parent. */
            parent: string;

            /**
             * Creates a new ListJobsRequest instance using the specified properties.
             * @param [properties] Properties to set
             * @returns ListJobsRequest instance
             */
            static create(properties: auspex.v1.ListJobsRequest.$Shape): auspex.v1.ListJobsRequest & auspex.v1.ListJobsRequest.$Shape;
            static create(properties?: auspex.v1.ListJobsRequest.$Properties): auspex.v1.ListJobsRequest;

            /**
             * Encodes the specified ListJobsRequest message. Does not implicitly {@link auspex.v1.ListJobsRequest.verify|verify} messages.
             * @param message ListJobsRequest message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.ListJobsRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a ListJobsRequest message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.ListJobsRequest & auspex.v1.ListJobsRequest.$Shape} ListJobsRequest
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.ListJobsRequest & auspex.v1.ListJobsRequest.$Shape;
        }

        namespace ListJobsRequest {

            /** Properties of a ListJobsRequest. */
            interface $Properties {

                /** ListJobsRequest pageSize */
                pageSize?: (number|null);

                /** ListJobsRequest pageToken */
                pageToken?: (string|null);

                /** ListJobsRequest states */
                states?: (auspex.v1.JobState[]|null);

                /** ListJobsRequest work */
                work?: (string|null);

                /** ListJobsRequest idPrefix */
                idPrefix?: (string|null);

                /** ListJobsRequest parent */
                parent?: (string|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a ListJobsRequest. */
            type $Shape = auspex.v1.ListJobsRequest.$Properties;
        }

        /**
         * Properties of a ListJobsResponse.
         * @deprecated Use auspex.v1.ListJobsResponse.$Properties instead.
         */
        interface IListJobsResponse extends auspex.v1.ListJobsResponse.$Properties {
        }

        /** Represents a ListJobsResponse. */
        class ListJobsResponse {

            /**
             * Constructs a new ListJobsResponse.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.ListJobsResponse.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** ListJobsResponse jobs. */
            jobs: auspex.v1.JobStatus.$Properties[];

            /** ListJobsResponse nextPageToken. */
            nextPageToken: string;

            /**
             * Creates a new ListJobsResponse instance using the specified properties.
             * @param [properties] Properties to set
             * @returns ListJobsResponse instance
             */
            static create(properties: auspex.v1.ListJobsResponse.$Shape): auspex.v1.ListJobsResponse & auspex.v1.ListJobsResponse.$Shape;
            static create(properties?: auspex.v1.ListJobsResponse.$Properties): auspex.v1.ListJobsResponse;

            /**
             * Encodes the specified ListJobsResponse message. Does not implicitly {@link auspex.v1.ListJobsResponse.verify|verify} messages.
             * @param message ListJobsResponse message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.ListJobsResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a ListJobsResponse message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.ListJobsResponse & auspex.v1.ListJobsResponse.$Shape} ListJobsResponse
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.ListJobsResponse & auspex.v1.ListJobsResponse.$Shape;
        }

        namespace ListJobsResponse {

            /** Properties of a ListJobsResponse. */
            interface $Properties {

                /** ListJobsResponse jobs */
                jobs?: (auspex.v1.JobStatus.$Properties[]|null);

                /** ListJobsResponse nextPageToken */
                nextPageToken?: (string|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a ListJobsResponse. */
            type $Shape = {
              jobs?: auspex.v1.JobStatus.$Shape[]|null;
              nextPageToken?: string|null;
              $unknowns?: Uint8Array[];
            };
        }

        /**
         * Properties of a CancelJobRequest.
         * @deprecated Use auspex.v1.CancelJobRequest.$Properties instead.
         */
        interface ICancelJobRequest extends auspex.v1.CancelJobRequest.$Properties {
        }

        /** Represents a CancelJobRequest. */
        class CancelJobRequest {

            /**
             * Constructs a new CancelJobRequest.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.CancelJobRequest.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** CancelJobRequest id. */
            id: string;

            /**
             * Creates a new CancelJobRequest instance using the specified properties.
             * @param [properties] Properties to set
             * @returns CancelJobRequest instance
             */
            static create(properties: auspex.v1.CancelJobRequest.$Shape): auspex.v1.CancelJobRequest & auspex.v1.CancelJobRequest.$Shape;
            static create(properties?: auspex.v1.CancelJobRequest.$Properties): auspex.v1.CancelJobRequest;

            /**
             * Encodes the specified CancelJobRequest message. Does not implicitly {@link auspex.v1.CancelJobRequest.verify|verify} messages.
             * @param message CancelJobRequest message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.CancelJobRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a CancelJobRequest message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.CancelJobRequest & auspex.v1.CancelJobRequest.$Shape} CancelJobRequest
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.CancelJobRequest & auspex.v1.CancelJobRequest.$Shape;
        }

        namespace CancelJobRequest {

            /** Properties of a CancelJobRequest. */
            interface $Properties {

                /** CancelJobRequest id */
                id?: (string|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a CancelJobRequest. */
            type $Shape = auspex.v1.CancelJobRequest.$Properties;
        }

        /**
         * Properties of a StreamJobEventsRequest.
         * @deprecated Use auspex.v1.StreamJobEventsRequest.$Properties instead.
         */
        interface IStreamJobEventsRequest extends auspex.v1.StreamJobEventsRequest.$Properties {
        }

        /** Represents a StreamJobEventsRequest. */
        class StreamJobEventsRequest {

            /**
             * Constructs a new StreamJobEventsRequest.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.StreamJobEventsRequest.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** StreamJobEventsRequest id. */
            id: string;

            /** StreamJobEventsRequest afterSequence. */
            afterSequence: number;

            /**
             * Creates a new StreamJobEventsRequest instance using the specified properties.
             * @param [properties] Properties to set
             * @returns StreamJobEventsRequest instance
             */
            static create(properties: auspex.v1.StreamJobEventsRequest.$Shape): auspex.v1.StreamJobEventsRequest & auspex.v1.StreamJobEventsRequest.$Shape;
            static create(properties?: auspex.v1.StreamJobEventsRequest.$Properties): auspex.v1.StreamJobEventsRequest;

            /**
             * Encodes the specified StreamJobEventsRequest message. Does not implicitly {@link auspex.v1.StreamJobEventsRequest.verify|verify} messages.
             * @param message StreamJobEventsRequest message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.StreamJobEventsRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a StreamJobEventsRequest message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.StreamJobEventsRequest & auspex.v1.StreamJobEventsRequest.$Shape} StreamJobEventsRequest
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.StreamJobEventsRequest & auspex.v1.StreamJobEventsRequest.$Shape;
        }

        namespace StreamJobEventsRequest {

            /** Properties of a StreamJobEventsRequest. */
            interface $Properties {

                /** StreamJobEventsRequest id */
                id?: (string|null);

                /** StreamJobEventsRequest afterSequence */
                afterSequence?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a StreamJobEventsRequest. */
            type $Shape = auspex.v1.StreamJobEventsRequest.$Properties;
        }

        /** JobState enum. */
        enum JobState {

            /** JOB_STATE_UNSPECIFIED value */
            JOB_STATE_UNSPECIFIED = 0,

            /** JOB_STATE_QUEUED value */
            JOB_STATE_QUEUED = 1,

            /** JOB_STATE_RUNNING value */
            JOB_STATE_RUNNING = 2,

            /** JOB_STATE_WAITING value */
            JOB_STATE_WAITING = 3,

            /** JOB_STATE_SUCCEEDED value */
            JOB_STATE_SUCCEEDED = 4,

            /** JOB_STATE_FAILED value */
            JOB_STATE_FAILED = 5,

            /** JOB_STATE_CANCELLED value */
            JOB_STATE_CANCELLED = 6,

            /** JOB_STATE_REJECTED value */
            JOB_STATE_REJECTED = 7
        }

        /**
         * Properties of a JobStatus.
         * @deprecated Use auspex.v1.JobStatus.$Properties instead.
         */
        interface IJobStatus extends auspex.v1.JobStatus.$Properties {
        }

        /** Represents a JobStatus. */
        class JobStatus {

            /**
             * Constructs a new JobStatus.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.JobStatus.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** JobStatus id. */
            id: string;

            /** JobStatus work. */
            work: string;

            /** JobStatus state. */
            state: auspex.v1.JobState;

            /** JobStatus attempts. */
            attempts: number;

            /** JobStatus step. */
            step?: (number|null);

            /** JobStatus total. */
            total?: (number|null);

            /** JobStatus loss. */
            loss?: (number|null);

            /** JobStatus imagesPerSecond. */
            imagesPerSecond?: (number|null);

            /** JobStatus created. */
            created: string;

            /** JobStatus time. */
            time: string;

            /** JobStatus sequence. */
            sequence: number;

            /** JobStatus code. */
            code: string;

            /** JobStatus message. */
            message: string;

            /** JobStatus result. */
            result?: (auspex.v1.Result.$Properties|null);

            /** JobStatus parent. */
            parent: string;

            /** JobStatus worse. */
            worse: string;

            /**
             * Creates a new JobStatus instance using the specified properties.
             * @param [properties] Properties to set
             * @returns JobStatus instance
             */
            static create(properties: auspex.v1.JobStatus.$Shape): auspex.v1.JobStatus & auspex.v1.JobStatus.$Shape;
            static create(properties?: auspex.v1.JobStatus.$Properties): auspex.v1.JobStatus;

            /**
             * Encodes the specified JobStatus message. Does not implicitly {@link auspex.v1.JobStatus.verify|verify} messages.
             * @param message JobStatus message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.JobStatus.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a JobStatus message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.JobStatus & auspex.v1.JobStatus.$Shape} JobStatus
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.JobStatus & auspex.v1.JobStatus.$Shape;
        }

        namespace JobStatus {

            /** Properties of a JobStatus. */
            interface $Properties {

                /** JobStatus id */
                id?: (string|null);

                /** JobStatus work */
                work?: (string|null);

                /** JobStatus state */
                state?: (auspex.v1.JobState|null);

                /** JobStatus attempts */
                attempts?: (number|null);

                /** JobStatus step */
                step?: (number|null);

                /** JobStatus total */
                total?: (number|null);

                /** JobStatus loss */
                loss?: (number|null);

                /** JobStatus imagesPerSecond */
                imagesPerSecond?: (number|null);

                /** JobStatus created */
                created?: (string|null);

                /** JobStatus time */
                time?: (string|null);

                /** JobStatus sequence */
                sequence?: (number|null);

                /** JobStatus code */
                code?: (string|null);

                /** JobStatus message */
                message?: (string|null);

                /** JobStatus result */
                result?: (auspex.v1.Result.$Properties|null);

                /** JobStatus parent */
                parent?: (string|null);

                /** JobStatus worse */
                worse?: (string|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a JobStatus. */
            type $Shape = {
              id?: string|null;
              work?: string|null;
              state?: auspex.v1.JobState|null;
              attempts?: number|null;
              step?: number|null;
              total?: number|null;
              loss?: number|null;
              imagesPerSecond?: number|null;
              created?: string|null;
              time?: string|null;
              sequence?: number|null;
              code?: string|null;
              message?: string|null;
              result?: auspex.v1.Result.$Shape|null;
              parent?: string|null;
              worse?: string|null;
              $unknowns?: Uint8Array[];
            };
        }

        /**
         * Properties of a BuildIndexRequest.
         * @deprecated Use auspex.v1.BuildIndexRequest.$Properties instead.
         */
        interface IBuildIndexRequest extends auspex.v1.BuildIndexRequest.$Properties {
        }

        /** Represents a BuildIndexRequest. */
        class BuildIndexRequest {

            /**
             * Constructs a new BuildIndexRequest.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.BuildIndexRequest.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** BuildIndexRequest index. */
            index: string;

            /** BuildIndexRequest job. */
            job?: (string|null);

            /** BuildIndexRequest features. */
            features?: (string|null);

            /** BuildIndexRequest source. */
            source?: ("job"|"features");

            /**
             * Creates a new BuildIndexRequest instance using the specified properties.
             * @param [properties] Properties to set
             * @returns BuildIndexRequest instance
             */
            static create(properties: auspex.v1.BuildIndexRequest.$Shape): auspex.v1.BuildIndexRequest & auspex.v1.BuildIndexRequest.$Shape;
            static create(properties?: auspex.v1.BuildIndexRequest.$Properties): auspex.v1.BuildIndexRequest;

            /**
             * Encodes the specified BuildIndexRequest message. Does not implicitly {@link auspex.v1.BuildIndexRequest.verify|verify} messages.
             * @param message BuildIndexRequest message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.BuildIndexRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a BuildIndexRequest message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.BuildIndexRequest & auspex.v1.BuildIndexRequest.$Shape} BuildIndexRequest
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.BuildIndexRequest & auspex.v1.BuildIndexRequest.$Shape;
        }

        namespace BuildIndexRequest {

            /** Properties of a BuildIndexRequest. */
            interface $Properties {

                /** BuildIndexRequest index */
                index?: (string|null);

                /** BuildIndexRequest job */
                job?: (string|null);

                /** BuildIndexRequest features */
                features?: (string|null);

                /** BuildIndexRequest source */
                source?: ("job"|"features");

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Narrowed shape of a BuildIndexRequest. */
            type $Shape = {
              index?: string|null;
              job?: string|null;
              features?: string|null;
              $unknowns?: Uint8Array[];
            } & (
              ({ source?: undefined; job?: null; features?: null }|{ source?: "job"; job: string; features?: null }|{ source?: "features"; job?: null; features: string })
            );
        }

        /**
         * Properties of a BuildIndexProgress.
         * @deprecated Use auspex.v1.BuildIndexProgress.$Properties instead.
         */
        interface IBuildIndexProgress extends auspex.v1.BuildIndexProgress.$Properties {
        }

        /** Represents a BuildIndexProgress. */
        class BuildIndexProgress {

            /**
             * Constructs a new BuildIndexProgress.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.BuildIndexProgress.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** BuildIndexProgress done. */
            done: number;

            /** BuildIndexProgress total. */
            total: number;

            /** BuildIndexProgress index. */
            index?: (auspex.v1.Index.$Properties|null);

            /**
             * Creates a new BuildIndexProgress instance using the specified properties.
             * @param [properties] Properties to set
             * @returns BuildIndexProgress instance
             */
            static create(properties: auspex.v1.BuildIndexProgress.$Shape): auspex.v1.BuildIndexProgress & auspex.v1.BuildIndexProgress.$Shape;
            static create(properties?: auspex.v1.BuildIndexProgress.$Properties): auspex.v1.BuildIndexProgress;

            /**
             * Encodes the specified BuildIndexProgress message. Does not implicitly {@link auspex.v1.BuildIndexProgress.verify|verify} messages.
             * @param message BuildIndexProgress message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.BuildIndexProgress.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a BuildIndexProgress message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.BuildIndexProgress & auspex.v1.BuildIndexProgress.$Shape} BuildIndexProgress
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.BuildIndexProgress & auspex.v1.BuildIndexProgress.$Shape;
        }

        namespace BuildIndexProgress {

            /** Properties of a BuildIndexProgress. */
            interface $Properties {

                /** BuildIndexProgress done */
                done?: (number|null);

                /** BuildIndexProgress total */
                total?: (number|null);

                /** BuildIndexProgress index */
                index?: (auspex.v1.Index.$Properties|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a BuildIndexProgress. */
            type $Shape = auspex.v1.BuildIndexProgress.$Properties;
        }

        /**
         * Properties of an Index.
         * @deprecated Use auspex.v1.Index.$Properties instead.
         */
        interface IIndex extends auspex.v1.Index.$Properties {
        }

        /** Represents an Index. */
        class Index {

            /**
             * Constructs a new Index.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.Index.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Index name. */
            name: string;

            /** Index count. */
            count: number;

            /** Index dimension. */
            dimension: number;

            /** Index layer. */
            layer: string;

            /** Index size. */
            size: number;

            /** Index built. */
            built: string;

            /**
             * Creates a new Index instance using the specified properties.
             * @param [properties] Properties to set
             * @returns Index instance
             */
            static create(properties: auspex.v1.Index.$Shape): auspex.v1.Index & auspex.v1.Index.$Shape;
            static create(properties?: auspex.v1.Index.$Properties): auspex.v1.Index;

            /**
             * Encodes the specified Index message. Does not implicitly {@link auspex.v1.Index.verify|verify} messages.
             * @param message Index message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.Index.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes an Index message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.Index & auspex.v1.Index.$Shape} Index
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.Index & auspex.v1.Index.$Shape;
        }

        namespace Index {

            /** Properties of an Index. */
            interface $Properties {

                /** Index name */
                name?: (string|null);

                /** Index count */
                count?: (number|null);

                /** Index dimension */
                dimension?: (number|null);

                /** Index layer */
                layer?: (string|null);

                /** Index size */
                size?: (number|null);

                /** Index built */
                built?: (string|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of an Index. */
            type $Shape = auspex.v1.Index.$Properties;
        }

        /**
         * Properties of a SearchRequest.
         * @deprecated Use auspex.v1.SearchRequest.$Properties instead.
         */
        interface ISearchRequest extends auspex.v1.SearchRequest.$Properties {
        }

        /** Represents a SearchRequest. */
        class SearchRequest {

            /**
             * Constructs a new SearchRequest.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.SearchRequest.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** SearchRequest index. */
            index: string;

            /** SearchRequest k. */
            k: number;

            /** SearchRequest queries. */
            queries: auspex.v1.Features.$Properties[];

            /** SearchRequest encoder. */
            encoder?: (auspex.v1.EncoderSpec.$Properties|null);

            /** SearchRequest images. */
            images: auspex.v1.ImageInput.$Properties[];

            /** SearchRequest exact. */
            exact: boolean;

            /**
             * Creates a new SearchRequest instance using the specified properties.
             * @param [properties] Properties to set
             * @returns SearchRequest instance
             */
            static create(properties: auspex.v1.SearchRequest.$Shape): auspex.v1.SearchRequest & auspex.v1.SearchRequest.$Shape;
            static create(properties?: auspex.v1.SearchRequest.$Properties): auspex.v1.SearchRequest;

            /**
             * Encodes the specified SearchRequest message. Does not implicitly {@link auspex.v1.SearchRequest.verify|verify} messages.
             * @param message SearchRequest message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.SearchRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a SearchRequest message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.SearchRequest & auspex.v1.SearchRequest.$Shape} SearchRequest
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.SearchRequest & auspex.v1.SearchRequest.$Shape;
        }

        namespace SearchRequest {

            /** Properties of a SearchRequest. */
            interface $Properties {

                /** SearchRequest index */
                index?: (string|null);

                /** SearchRequest k */
                k?: (number|null);

                /** SearchRequest queries */
                queries?: (auspex.v1.Features.$Properties[]|null);

                /** SearchRequest encoder */
                encoder?: (auspex.v1.EncoderSpec.$Properties|null);

                /** SearchRequest images */
                images?: (auspex.v1.ImageInput.$Properties[]|null);

                /** SearchRequest exact */
                exact?: (boolean|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a SearchRequest. */
            type $Shape = {
              index?: string|null;
              k?: number|null;
              queries?: auspex.v1.Features.$Shape[]|null;
              encoder?: auspex.v1.EncoderSpec.$Shape|null;
              images?: auspex.v1.ImageInput.$Shape[]|null;
              exact?: boolean|null;
              $unknowns?: Uint8Array[];
            };
        }

        /**
         * Properties of a SearchResponse.
         * @deprecated Use auspex.v1.SearchResponse.$Properties instead.
         */
        interface ISearchResponse extends auspex.v1.SearchResponse.$Properties {
        }

        /** Represents a SearchResponse. */
        class SearchResponse {

            /**
             * Constructs a new SearchResponse.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.SearchResponse.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** SearchResponse queries. */
            queries: auspex.v1.QueryNeighbours.$Properties[];

            /**
             * Creates a new SearchResponse instance using the specified properties.
             * @param [properties] Properties to set
             * @returns SearchResponse instance
             */
            static create(properties: auspex.v1.SearchResponse.$Shape): auspex.v1.SearchResponse & auspex.v1.SearchResponse.$Shape;
            static create(properties?: auspex.v1.SearchResponse.$Properties): auspex.v1.SearchResponse;

            /**
             * Encodes the specified SearchResponse message. Does not implicitly {@link auspex.v1.SearchResponse.verify|verify} messages.
             * @param message SearchResponse message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.SearchResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a SearchResponse message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.SearchResponse & auspex.v1.SearchResponse.$Shape} SearchResponse
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.SearchResponse & auspex.v1.SearchResponse.$Shape;
        }

        namespace SearchResponse {

            /** Properties of a SearchResponse. */
            interface $Properties {

                /** SearchResponse queries */
                queries?: (auspex.v1.QueryNeighbours.$Properties[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a SearchResponse. */
            type $Shape = auspex.v1.SearchResponse.$Properties;
        }

        /**
         * Properties of a QueryNeighbours.
         * @deprecated Use auspex.v1.QueryNeighbours.$Properties instead.
         */
        interface IQueryNeighbours extends auspex.v1.QueryNeighbours.$Properties {
        }

        /** Represents a QueryNeighbours. */
        class QueryNeighbours {

            /**
             * Constructs a new QueryNeighbours.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.QueryNeighbours.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** QueryNeighbours neighbours. */
            neighbours: auspex.v1.Neighbour.$Properties[];

            /** QueryNeighbours problem. */
            problem?: (auspex.v1.ImageProblem.$Properties|null);

            /**
             * Creates a new QueryNeighbours instance using the specified properties.
             * @param [properties] Properties to set
             * @returns QueryNeighbours instance
             */
            static create(properties: auspex.v1.QueryNeighbours.$Shape): auspex.v1.QueryNeighbours & auspex.v1.QueryNeighbours.$Shape;
            static create(properties?: auspex.v1.QueryNeighbours.$Properties): auspex.v1.QueryNeighbours;

            /**
             * Encodes the specified QueryNeighbours message. Does not implicitly {@link auspex.v1.QueryNeighbours.verify|verify} messages.
             * @param message QueryNeighbours message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.QueryNeighbours.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a QueryNeighbours message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.QueryNeighbours & auspex.v1.QueryNeighbours.$Shape} QueryNeighbours
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.QueryNeighbours & auspex.v1.QueryNeighbours.$Shape;
        }

        namespace QueryNeighbours {

            /** Properties of a QueryNeighbours. */
            interface $Properties {

                /** QueryNeighbours neighbours */
                neighbours?: (auspex.v1.Neighbour.$Properties[]|null);

                /** QueryNeighbours problem */
                problem?: (auspex.v1.ImageProblem.$Properties|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a QueryNeighbours. */
            type $Shape = auspex.v1.QueryNeighbours.$Properties;
        }

        /**
         * Properties of a Neighbour.
         * @deprecated Use auspex.v1.Neighbour.$Properties instead.
         */
        interface INeighbour extends auspex.v1.Neighbour.$Properties {
        }

        /** Represents a Neighbour. */
        class Neighbour {

            /**
             * Constructs a new Neighbour.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.Neighbour.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Neighbour name. */
            name: string;

            /** Neighbour similarity. */
            similarity: number;

            /** Neighbour row. */
            row: number;

            /**
             * Creates a new Neighbour instance using the specified properties.
             * @param [properties] Properties to set
             * @returns Neighbour instance
             */
            static create(properties: auspex.v1.Neighbour.$Shape): auspex.v1.Neighbour & auspex.v1.Neighbour.$Shape;
            static create(properties?: auspex.v1.Neighbour.$Properties): auspex.v1.Neighbour;

            /**
             * Encodes the specified Neighbour message. Does not implicitly {@link auspex.v1.Neighbour.verify|verify} messages.
             * @param message Neighbour message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.Neighbour.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Neighbour message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.Neighbour & auspex.v1.Neighbour.$Shape} Neighbour
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.Neighbour & auspex.v1.Neighbour.$Shape;
        }

        namespace Neighbour {

            /** Properties of a Neighbour. */
            interface $Properties {

                /** Neighbour name */
                name?: (string|null);

                /** Neighbour similarity */
                similarity?: (number|null);

                /** Neighbour row */
                row?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Neighbour. */
            type $Shape = auspex.v1.Neighbour.$Properties;
        }

        /**
         * Properties of a ListIndexesRequest.
         * @deprecated Use auspex.v1.ListIndexesRequest.$Properties instead.
         */
        interface IListIndexesRequest extends auspex.v1.ListIndexesRequest.$Properties {
        }

        /** Represents a ListIndexesRequest. */
        class ListIndexesRequest {

            /**
             * Constructs a new ListIndexesRequest.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.ListIndexesRequest.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /**
             * Creates a new ListIndexesRequest instance using the specified properties.
             * @param [properties] Properties to set
             * @returns ListIndexesRequest instance
             */
            static create(properties: auspex.v1.ListIndexesRequest.$Shape): auspex.v1.ListIndexesRequest & auspex.v1.ListIndexesRequest.$Shape;
            static create(properties?: auspex.v1.ListIndexesRequest.$Properties): auspex.v1.ListIndexesRequest;

            /**
             * Encodes the specified ListIndexesRequest message. Does not implicitly {@link auspex.v1.ListIndexesRequest.verify|verify} messages.
             * @param message ListIndexesRequest message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.ListIndexesRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a ListIndexesRequest message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.ListIndexesRequest & auspex.v1.ListIndexesRequest.$Shape} ListIndexesRequest
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.ListIndexesRequest & auspex.v1.ListIndexesRequest.$Shape;
        }

        namespace ListIndexesRequest {

            /** Properties of a ListIndexesRequest. */
            interface $Properties {

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a ListIndexesRequest. */
            type $Shape = auspex.v1.ListIndexesRequest.$Properties;
        }

        /**
         * Properties of a ListIndexesResponse.
         * @deprecated Use auspex.v1.ListIndexesResponse.$Properties instead.
         */
        interface IListIndexesResponse extends auspex.v1.ListIndexesResponse.$Properties {
        }

        /** Represents a ListIndexesResponse. */
        class ListIndexesResponse {

            /**
             * Constructs a new ListIndexesResponse.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.ListIndexesResponse.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** ListIndexesResponse indexes. */
            indexes: auspex.v1.Index.$Properties[];

            /**
             * Creates a new ListIndexesResponse instance using the specified properties.
             * @param [properties] Properties to set
             * @returns ListIndexesResponse instance
             */
            static create(properties: auspex.v1.ListIndexesResponse.$Shape): auspex.v1.ListIndexesResponse & auspex.v1.ListIndexesResponse.$Shape;
            static create(properties?: auspex.v1.ListIndexesResponse.$Properties): auspex.v1.ListIndexesResponse;

            /**
             * Encodes the specified ListIndexesResponse message. Does not implicitly {@link auspex.v1.ListIndexesResponse.verify|verify} messages.
             * @param message ListIndexesResponse message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.ListIndexesResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a ListIndexesResponse message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.ListIndexesResponse & auspex.v1.ListIndexesResponse.$Shape} ListIndexesResponse
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.ListIndexesResponse & auspex.v1.ListIndexesResponse.$Shape;
        }

        namespace ListIndexesResponse {

            /** Properties of a ListIndexesResponse. */
            interface $Properties {

                /** ListIndexesResponse indexes */
                indexes?: (auspex.v1.Index.$Properties[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a ListIndexesResponse. */
            type $Shape = auspex.v1.ListIndexesResponse.$Properties;
        }

        /**
         * Properties of a DeleteIndexRequest.
         * @deprecated Use auspex.v1.DeleteIndexRequest.$Properties instead.
         */
        interface IDeleteIndexRequest extends auspex.v1.DeleteIndexRequest.$Properties {
        }

        /** Represents a DeleteIndexRequest. */
        class DeleteIndexRequest {

            /**
             * Constructs a new DeleteIndexRequest.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.DeleteIndexRequest.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** DeleteIndexRequest index. */
            index: string;

            /**
             * Creates a new DeleteIndexRequest instance using the specified properties.
             * @param [properties] Properties to set
             * @returns DeleteIndexRequest instance
             */
            static create(properties: auspex.v1.DeleteIndexRequest.$Shape): auspex.v1.DeleteIndexRequest & auspex.v1.DeleteIndexRequest.$Shape;
            static create(properties?: auspex.v1.DeleteIndexRequest.$Properties): auspex.v1.DeleteIndexRequest;

            /**
             * Encodes the specified DeleteIndexRequest message. Does not implicitly {@link auspex.v1.DeleteIndexRequest.verify|verify} messages.
             * @param message DeleteIndexRequest message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.DeleteIndexRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a DeleteIndexRequest message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.DeleteIndexRequest & auspex.v1.DeleteIndexRequest.$Shape} DeleteIndexRequest
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.DeleteIndexRequest & auspex.v1.DeleteIndexRequest.$Shape;
        }

        namespace DeleteIndexRequest {

            /** Properties of a DeleteIndexRequest. */
            interface $Properties {

                /** DeleteIndexRequest index */
                index?: (string|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a DeleteIndexRequest. */
            type $Shape = auspex.v1.DeleteIndexRequest.$Properties;
        }

        /**
         * Properties of a DeleteIndexResponse.
         * @deprecated Use auspex.v1.DeleteIndexResponse.$Properties instead.
         */
        interface IDeleteIndexResponse extends auspex.v1.DeleteIndexResponse.$Properties {
        }

        /** Represents a DeleteIndexResponse. */
        class DeleteIndexResponse {

            /**
             * Constructs a new DeleteIndexResponse.
             * @param [properties] Properties to set
             */
            constructor(properties?: auspex.v1.DeleteIndexResponse.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /**
             * Creates a new DeleteIndexResponse instance using the specified properties.
             * @param [properties] Properties to set
             * @returns DeleteIndexResponse instance
             */
            static create(properties: auspex.v1.DeleteIndexResponse.$Shape): auspex.v1.DeleteIndexResponse & auspex.v1.DeleteIndexResponse.$Shape;
            static create(properties?: auspex.v1.DeleteIndexResponse.$Properties): auspex.v1.DeleteIndexResponse;

            /**
             * Encodes the specified DeleteIndexResponse message. Does not implicitly {@link auspex.v1.DeleteIndexResponse.verify|verify} messages.
             * @param message DeleteIndexResponse message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: auspex.v1.DeleteIndexResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a DeleteIndexResponse message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {auspex.v1.DeleteIndexResponse & auspex.v1.DeleteIndexResponse.$Shape} DeleteIndexResponse
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): auspex.v1.DeleteIndexResponse & auspex.v1.DeleteIndexResponse.$Shape;
        }

        namespace DeleteIndexResponse {

            /** Properties of a DeleteIndexResponse. */
            interface $Properties {

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a DeleteIndexResponse. */
            type $Shape = auspex.v1.DeleteIndexResponse.$Properties;
        }
    }
}
