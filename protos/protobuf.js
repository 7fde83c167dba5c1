// What generated messages stand on. 64-bit numbers are numbers, as their types say; protobufjs would make objects of them where some
// other package has brought `long`.
import protobuf from 'protobufjs/minimal.js';

protobuf.util.Long = undefined;
protobuf.configure();

export default protobuf;
