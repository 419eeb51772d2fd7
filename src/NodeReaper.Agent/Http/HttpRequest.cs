namespace NodeReaper.Agent.Http;

/// <summary>What is asked.</summary>
/// <param name="Path">The target, without what follows a question mark.</param>
/// <param name="Body">What came along with a POST; null for GET and HEAD.</param>
internal sealed record HttpRequest(string Path, ReadOnlyMemory<byte>? Body = null);
