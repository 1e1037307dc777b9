namespace Omega.P2P.Storage.Encryption;

/// <summary>
/// Decrypts an age v1 file, binary or armored, from pieces of any size. No plaintext leaves before the tag over it
/// holds; that the file ends where its sender ended it is known only when <see cref="Finish"/> says true. Memory does
/// not grow with the file. Faults are values, and final. One thread at a time.
/// </summary>
public sealed class AgeDecryptor : IDisposable
{
    private readonly IReadOnlyList<AgeIdentity> _identities;
    private readonly AgeHeaderReader _header = new();
    private readonly AgePayloadReader _payload;
    private AgeArmorReader? _armor;
    private bool _begun;
    private bool _headerDone;

    /// <summary>Begins a file.</summary>
    /// <param name="identities">Tried in order; they stay their owner's.</param>
    /// <param name="target">Takes the plaintext.</param>
    public AgeDecryptor(IReadOnlyList<AgeIdentity> identities, AgePlaintext target)
    {
        _identities = identities;
        _payload = new AgePayloadReader(target);
    }

    /// <summary>Why it failed; <see cref="AgeFault.None"/> while it did not.</summary>
    public AgeError Error { get; private set; }

    /// <summary>Takes the next bytes.</summary>
    /// <returns>False once the file is refused; <see cref="Error"/> says why.</returns>
    public bool Write(ReadOnlySpan<byte> input)
    {
        if (input.IsEmpty || Error.Fault != AgeFault.None)
            return Error.Fault == AgeFault.None;
        if (!_begun)
        {
            _begun = true;
            if (input[0] is (byte)'-' or (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
                _armor = new AgeArmorReader(WriteBinary);
        }

        if (_armor is null)
            return WriteBinary(input);
        return _armor.Write(input) || Keep(Error.Fault != AgeFault.None ? Error : _armor.Error);
    }

    /// <summary>Ends the file.</summary>
    /// <returns>Whether it was whole.</returns>
    public bool Finish()
    {
        if (Error.Fault != AgeFault.None)
            return false;
        if (_armor is not null && !_armor.Finish())
            return Keep(Error.Fault != AgeFault.None ? Error : _armor.Error);
        if (!_headerDone)
            return Keep(_header.AtEnd());
        return _payload.Finish() || Keep(_payload.Error);
    }

    /// <inheritdoc/>
    public void Dispose() => _payload.Dispose();

    private bool WriteBinary(ReadOnlySpan<byte> input)
    {
        if (!_headerDone)
        {
            input = input[_header.Take(input)..];
            if (_header.Error.Fault != AgeFault.None)
                return Keep(_header.Error);
            if (_header.Header is not { } header)
                return true;
            _headerDone = true;
            if (header.Open(_identities, _payload.FileKey) is { Fault: not AgeFault.None } refused)
                return Keep(refused);
        }

        return _payload.Write(input) || Keep(_payload.Error);
    }

    private bool Keep(AgeError error)
    {
        Error = error;
        return false;
    }
}
