// vfork(): the child borrows the parent's memory and stack until it execs or exits. While it runs,
// the parent's thread state says so, and every hook passes through.
// The return address must not lie on the stack, which the child may overwrite: it is kept in a
// register that the kernel preserves.
#if defined(__x86_64__)
    .text
    .globl vfork
    .type vfork, @function
vfork:
    .cfi_startproc
    popq %rdi
    .cfi_adjust_cfa_offset -8
    .cfi_register %rip, %rdi
    movq seamtrace_in_vfork_child@gottpoff(%rip), %rsi
    incl %fs:(%rsi)
    movl $58, %eax                      // SYS_vfork
    syscall
    pushq %rdi
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %rip, 0
    testl %eax, %eax
    je 1f
    decl %fs:(%rsi)                     // the parent again: %rsi survives the system call
    cmpq $-4095, %rax
    jae 2f
1:  ret
2:  negl %eax
    pushq %rax
    .cfi_adjust_cfa_offset 8
    call __errno_location@PLT
    popq %rdx
    .cfi_adjust_cfa_offset -8
    movl %edx, (%rax)
    movq $-1, %rax
    ret
    .cfi_endproc
    .size vfork, . - vfork
#endif
    .section .note.GNU-stack,"",@progbits
