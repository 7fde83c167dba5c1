import * as $protobuf from "../protobuf.js";
import Long = require("long");

/** Namespace auspex. */
export namespace auspex {

    /** Namespace v1. */
    namespace v1 {

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
    }
}
