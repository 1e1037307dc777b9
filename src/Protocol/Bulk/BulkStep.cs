namespace Omega.P2P.Protocol.Bulk;

/// <summary>What a sink wants after a push.</summary>
public enum BulkStep
{
    /// <summary>More bytes.</summary>
    Continue,

    /// <summary>
    /// Nothing more: the answer is complete and was verified. Further bytes would be trailing garbage.
    /// </summary>
    Done,

    /// <summary>Nothing more: the bytes were refused; the pump resets the stream. A failed sink stays failed.</summary>
    Failed,
}
