namespace Omega.P2P.Protocol.Noise;

/// <summary>Where a handshake or a stream of frames stands.</summary>
public enum NoiseStatus
{
    /// <summary>More bytes of the peer are needed.</summary>
    NeedMore,

    /// <summary>The handshake is over, or one frame was opened.</summary>
    Done,

    /// <summary>Refused for good; the error says why.</summary>
    Rejected,
}

/// <summary>Why a Noise channel was refused. Each ends the connection.</summary>
public enum NoiseError
{
    /// <summary>Nothing is wrong.</summary>
    None,

    /// <summary>A handshake message over <see cref="Limits.NoiseHandshakeBytesMax"/>.</summary>
    MessageTooLong,

    /// <summary>A message too short for the keys and tags it must carry.</summary>
    MessageTooShort,

    /// <summary>An authentication tag does not fit: altered, replayed or reordered bytes, or another key.</summary>
    DecryptFailed,

    /// <summary>A public value of small order: the shared secret would be zero.</summary>
    WeakKey,

    /// <summary>The payload is not a protobuf message, or a field in it is not what it should be.</summary>
    InvalidPayload,

    /// <summary>The payload lacks the identity key or its signature.</summary>
    MissingIdentity,

    /// <summary>The identity key is not an Ed25519 key.</summary>
    UnsupportedKeyKind,

    /// <summary>The identity key did not sign the channel's static key.</summary>
    BadSignature,

    /// <summary>Another peer than the one that was dialled.</summary>
    WrongPeer,

    /// <summary>The peer has our own identity.</summary>
    SelfDial,

    /// <summary>The peer lists stream multiplexers, none of which we speak.</summary>
    NoCommonMuxer,

    /// <summary>2^64 - 1 frames were sent under one key.</summary>
    NonceExhausted,
}
