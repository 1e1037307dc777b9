using System.Security.Cryptography;
using Omega.P2P.Primitives.Keys;

namespace Omega.P2P.Protocol.Noise;

/// <summary>
/// The XX handshake itself, payload-agnostic (Noise framework, revision 34, section 7.5):
/// <code>
/// -> e
/// &lt;- e, ee, s, es
/// -> s, se
/// </code>
/// The static key pair is drawn at construction, the ephemeral one with the first own message, both from the given
/// random source. After an error the object is of no further use.
/// </summary>
internal sealed class NoiseXX : IDisposable
{
    private readonly bool _initiator;
    private readonly IRandomSource _random;
    private readonly NoiseSymmetricState _symmetric;
    private readonly byte[] _staticSecret = new byte[X25519.KeyLength];
    private readonly byte[] _staticPublic = new byte[X25519.KeyLength];
    private readonly byte[] _ephemeralSecret = new byte[X25519.KeyLength];
    private readonly byte[] _ephemeralPublic = new byte[X25519.KeyLength];
    private readonly byte[] _remoteEphemeral = new byte[X25519.KeyLength];
    private readonly byte[] _remoteStatic = new byte[X25519.KeyLength];
    private int _step;

    public NoiseXX(bool initiator, IRandomSource random, ReadOnlySpan<byte> prologue)
    {
        _initiator = initiator;
        _random = random;
        _symmetric = new NoiseSymmetricState(prologue);
        X25519.GenerateKeyPair(random, _staticSecret, _staticPublic);
    }

    /// <summary>Messages that passed, 0 to 3.</summary>
    public int HandshakeStep => _step;

    /// <summary>All three messages passed.</summary>
    public bool IsFinished => _step == 3;

    /// <summary>Whether the next message is ours to write.</summary>
    public bool IsOurTurn => !IsFinished && (_step % 2 == 0) == _initiator;

    public ReadOnlySpan<byte> StaticPublic => _staticPublic;

    public ReadOnlySpan<byte> RemoteStatic => _remoteStatic;

    public ReadOnlySpan<byte> HandshakeHash => _symmetric.Hash;

    /// <summary>Writes the next message with its payload.</summary>
    /// <returns>False when a shared secret came out zero.</returns>
    public bool TryWrite(ReadOnlySpan<byte> payload, out byte[] message)
    {
        var buffer = new byte[(2 * X25519.KeyLength) + payload.Length + (2 * NoiseCipher.TagBytes)];
        var end = 0;
        var agreed = true;
        if (_step < 2)
        {
            X25519.GenerateKeyPair(_random, _ephemeralSecret, _ephemeralPublic);
            _ephemeralPublic.CopyTo(buffer, 0);
            _symmetric.MixHash(_ephemeralPublic);
            end = X25519.KeyLength;
        }

        if (_step == 1)
        {
            agreed &= TryMix(_ephemeralSecret, _remoteEphemeral);
        }

        if (_step > 0)
        {
            end += _symmetric.EncryptAndHash(_staticPublic, buffer.AsSpan(end));
            agreed &= TryMix(_staticSecret, _remoteEphemeral);
        }

        end += _symmetric.EncryptAndHash(payload, buffer.AsSpan(end));
        _step++;
        message = buffer[..end];
        return agreed;
    }

    /// <summary>Reads the peer's next message; the payload is only to be believed when there is no error.</summary>
    public NoiseError TryRead(ReadOnlySpan<byte> message, out byte[] payload)
    {
        payload = [];
        if (_step < 2)
        {
            if (message.Length < X25519.KeyLength)
            {
                return NoiseError.MessageTooShort;
            }

            message[..X25519.KeyLength].CopyTo(_remoteEphemeral);
            _symmetric.MixHash(_remoteEphemeral);
            message = message[X25519.KeyLength..];
        }

        if (_step == 1 && !TryMix(_ephemeralSecret, _remoteEphemeral))
        {
            return NoiseError.WeakKey;
        }

        if (_step > 0 && ReadStatic(ref message) is var refused and not NoiseError.None)
        {
            return refused;
        }

        if (message.Length < _symmetric.TagBytes)
        {
            return NoiseError.MessageTooShort;
        }

        payload = new byte[message.Length - _symmetric.TagBytes];
        _step++;
        return _symmetric.DecryptAndHash(message, payload);
    }

    /// <summary>The transport ciphers after the third message.</summary>
    public (NoiseCipher Sending, NoiseCipher Receiving) Split(NoiseCipherKind kind)
    {
        var (initiator, responder) = _symmetric.Split(kind);
        return _initiator ? (initiator, responder) : (responder, initiator);
    }

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_staticSecret);
        CryptographicOperations.ZeroMemory(_ephemeralSecret);
        _symmetric.Dispose();
    }

    private NoiseError ReadStatic(ref ReadOnlySpan<byte> message)
    {
        var length = X25519.KeyLength + NoiseCipher.TagBytes;
        if (message.Length < length)
        {
            return NoiseError.MessageTooShort;
        }

        var error = _symmetric.DecryptAndHash(message[..length], _remoteStatic);
        message = message[length..];
        return error != NoiseError.None ? error
            : TryMix(_ephemeralSecret, _remoteStatic) ? NoiseError.None
            : NoiseError.WeakKey;
    }

    private bool TryMix(ReadOnlySpan<byte> secret, ReadOnlySpan<byte> remote)
    {
        Span<byte> shared = stackalloc byte[X25519.KeyLength];
        var agreed = X25519.TryAgree(secret, remote, shared);
        _symmetric.MixKey(shared);
        CryptographicOperations.ZeroMemory(shared);
        return agreed;
    }
}
