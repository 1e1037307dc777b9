namespace Omega.P2P.Protocol.Omega;

/// <summary>Bounds of Omega's own messages. A decoder refuses more before it allocates.</summary>
public static class OmegaLimits
{
    /// <summary>Payload of one frame, bytes (mesh contract).</summary>
    public const int FrameBytes = 1 << 20;

    /// <summary>One signed authority manifest, bytes (its own bound).</summary>
    public const int DamBytes = 64 << 10;

    /// <summary>Manifests in one message (guess; more are asked for again).</summary>
    public const int DamsPerMessage = 64;

    /// <summary>One signed epoch record, bytes (a few hashes and a signature; guess).</summary>
    public const int EpochRecordBytes = 1024;

    /// <summary>Epoch records in one message (guess: an epoch is an accident).</summary>
    public const int EpochRecords = 64;

    /// <summary>One signed note, bytes (C2SP allows more; a head with its cosignatures needs less).</summary>
    public const int NoteBytes = 16 << 10;

    /// <summary>One leaf body or catalog entry, bytes (design section 6).</summary>
    public const int BodyBytes = 16 << 10;

    /// <summary>One catalog-tree node, bytes (16 entries or 16 children; guess with room).</summary>
    public const int NodeBytes = 4 << 10;

    /// <summary>Hashes of one proof (sizes stop at 2^63 - 1).</summary>
    public const int ProofHashes = 64;

    /// <summary>Leaves in one answer (32 bytes each: 256 KiB).</summary>
    public const int LeavesPerMessage = 8192;

    /// <summary>Bytes of bodies, nodes or entries in one answer; the rest is asked for again.</summary>
    public const int ItemsBytes = 512 << 10;

    /// <summary>Nodes or entries asked in one request (mesh contract: ids up to 1,024).</summary>
    public const int ItemsPerMessage = 1024;

    /// <summary>Ids in one <c>have</c> (mesh contract).</summary>
    public const int HaveIds = 1024;

    /// <summary>Ranges in one <c>get</c> (guess: a challenge asks 16).</summary>
    public const int Ranges = 64;

    /// <summary>Contents in one <c>many</c> (as ids in one <c>have</c>).</summary>
    public const int Gets = 1024;

    /// <summary>Ranges in one <c>many</c>, all contents together (guess).</summary>
    public const int RangesOfMany = 4096;

    /// <summary>An audience's name, UTF-8 bytes (as in public records).</summary>
    public const int AudienceBytes = 128;

    /// <summary>Audiences opened in one head answer (guess).</summary>
    public const int Audiences = 64;

    /// <summary>Addresses in a ticket or join message (guess).</summary>
    public const int Addresses = 16;

    /// <summary>One textual multiaddr, bytes (guess: a DNS name is at most 253).</summary>
    public const int AddressBytes = 300;

    /// <summary>A name somebody proposes, UTF-8 bytes (guess).</summary>
    public const int NameBytes = 128;

    /// <summary>A ticket's text, characters (16 addresses of full length, in base32).</summary>
    public const int TicketChars = 9216;

    /// <summary>The header before a bulk answer, bytes without its length prefix.</summary>
    public const int BulkHeaderBytes = 64;
}
